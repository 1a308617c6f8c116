#!/usr/bin/perl

# What is no proper request is refused with a code that says what is wrong with
# it, before anything is asked of Sinch.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

# An answer before the body: over HTTP/2 nginx ends the stream behind it, and
# curl, which Test::Nginx asks with, then at times has it that there was none.

BEGIN { delete $ENV{TEST_NGINX_USE_HTTP2} }

use PhoneVerify::Test;

run_specs();

Test::More::is($PhoneVerify::Test::simulator->starts, 0,
               'Sinch was never asked');

__DATA__

=== TEST 1: methods that are not allowed
--- config
location = /start { phone_verify_start signup; }
location = /report { phone_verify_report signup; }
location = /revoke { phone_verify_revoke signup; }
--- request eval
[
    "GET /start", "PUT /start", "DELETE /start", "OPTIONS /start",
    "GET /report", "PATCH /report", "GET /revoke", "PUT /revoke",
]
--- error_code eval: [405, 405, 405, 405, 405, 405, 405, 405]
--- response_headers eval
[
    ("Allow: POST") x 4, ("Allow: POST, PUT") x 2, ("Allow: POST") x 2,
]
--- response_body_like eval
[ ('"code":"method_not_allowed"') x 8 ]



=== TEST 2: HEAD
--- config
location = /start { phone_verify_start signup; }
--- request
HEAD /start
--- error_code: 405
--- response_headers
Allow: POST
--- response_body



=== TEST 3: case 53: a body of another type
--- config
location = /start { phone_verify_start signup; }
--- request
POST /start
number=%2B46700000000
--- more_headers
Content-Type: text/plain
--- error_code: 415
--- response_headers
Content-Type: application/problem+json
Cache-Control: no-store
--- response_body_like: ^\{"type":"urn:[^"]+","title":"[^"]+","status":415,"code"



=== TEST 4: a body without a type
--- config
location = /start { phone_verify_start signup; }
--- raw_request eval
"POST /start HTTP/1.1\r
Host: localhost\r
Connection: close\r
Content-Length: 2\r
\r
{}"
--- error_code: 415
--- response_body_like: "code":"unsupported_type"



=== TEST 5: case 53: multipart
--- config
location = /start { phone_verify_start signup; }
--- request eval
"POST /start
--x\r
Content-Disposition: form-data; name=\"number\"\r
\r
+46700000000\r
--x--\r
"
--- more_headers
Content-Type: multipart/form-data; boundary=x
--- error_code: 415
--- response_body_like: "code":"unsupported_type"



=== TEST 6: types that only begin alike
--- config
location = /start { phone_verify_start signup; }
--- request eval
[ ("POST /start\n{}") x 3 ]
--- more_headers eval
[
    "Content-Type: application/json-patch+json",
    "Content-Type: application/jso",
    "Content-Type: ;application/json",
]
--- error_code eval: [415, 415, 415]
--- response_body_like eval
[ ('"code":"unsupported_type"') x 3 ]



=== TEST 7: case 54: a compressed body
--- config
location = /start { phone_verify_start signup; }
--- request
POST /start
{"number":"+46700000000"}
--- more_headers
Content-Type: application/json
Content-Encoding: gzip
--- error_code: 415
--- response_body_like: "code":"unsupported_type"



=== TEST 8: case 53: an empty body, whatever its type
--- config
location = /start { phone_verify_start signup; }
--- request eval
[ ("POST /start") x 3 ]
--- more_headers eval
[
    "Content-Type: application/json\nContent-Length: 0",
    "Content-Type: application/x-www-form-urlencoded\nContent-Length: 0",
    "Content-Type: text/plain\nContent-Length: 0",
]
--- error_code eval: [400, 400, 400]
--- response_body_like eval
[ ('"code":"invalid_request"') x 3 ]



=== TEST 9: no body at all
--- config
location = /report { phone_verify_report signup; }
--- raw_request eval
"POST /report HTTP/1.1\r
Host: localhost\r
Connection: close\r
\r
"
--- error_code: 400
--- response_body_like: "code":"invalid_request"



=== TEST 10: an empty body in chunks, without a type
--- config
location = /start { phone_verify_start signup; }
--- raw_request eval
"POST /start HTTP/1.1\r
Host: localhost\r
Connection: close\r
Transfer-Encoding: chunked\r
\r
0\r
\r
"
--- error_code: 400
--- response_body_like: "code":"invalid_request"



=== TEST 11: case 54: too large
--- config
location = /start { phone_verify_start signup; }
--- request eval
"POST /start
" . '{"number":"' . '1' x 5000 . '"}'
--- more_headers
Content-Type: application/json
--- error_code: 413
--- response_body_like: "code":"too_large"



=== TEST 12: case 54: too large in chunks
--- config
location = /start { phone_verify_start signup; }
--- raw_request eval
"POST /start HTTP/1.1\r
Host: localhost\r
Connection: close\r
Content-Type: application/json\r
Transfer-Encoding: chunked\r
\r
1388\r
" . 'x' x 5000 . "\r
0\r
\r
"
--- error_code: 413
--- response_body_like: "code":"too_large"



=== TEST 13: too large in a file
--- config
location = /start {
    phone_verify_start signup;
    client_body_in_file_only clean;
}
--- raw_request eval
"POST /start HTTP/1.1\r
Host: localhost\r
Connection: close\r
Content-Type: application/json\r
Transfer-Encoding: chunked\r
\r
1388\r
" . 'x' x 5000 . "\r
0\r
\r
"
--- error_code: 413
--- response_body_like: "code":"too_large"



=== TEST 14: a body in a file is read
--- config
location = /start {
    phone_verify_start signup;
    client_body_in_file_only clean;
}
--- request
POST /start
{"number":"no number"}
--- more_headers
Content-Type: application/json
--- error_code: 400
--- response_body_like: "code":"invalid_number"



=== TEST 15: a body in chunks and pieces is read
--- config
location = /start {
    phone_verify_start signup;
    client_body_buffer_size 8;
}
--- raw_request eval
[
    "POST /start HTTP/1.1\r
Host: localhost\r
Connection: close\r
Content-Type: application/json\r
Transfer-Encoding: chunked\r
\r
8\r
{\"number", "\r
a\r
\":\"1234567", "\r
2\r
\"}\r
0\r
\r
"
]
--- error_code: 400
--- response_body_like: "code":"invalid_number"



=== TEST 16: types with parameters, in any case
--- config
location = /start { phone_verify_start signup; }
--- request eval
[
    "POST /start\n{\"number\":\"x\"}",
    "POST /start\n{\"number\":\"x\"}",
    "POST /start\nnumber=x",
]
--- more_headers eval
[
    "Content-Type: application/json; charset=utf-8",
    "Content-Type: Application/JSON ;charset=UTF-8",
    "Content-Type: application/x-www-form-urlencoded;charset=UTF-8",
]
--- error_code eval: [400, 400, 400]
--- response_body_like eval
[ ('"code":"invalid_number"') x 3 ]



=== TEST 17: an SSI include starts nothing
--- config
location = /page {
    ssi on;
    default_type text/html;
    return 200 '<!--# include virtual="/start" -->';
}
location = /start { phone_verify_start signup; }
location = /report { phone_verify_report signup; }
location = /status { phone_verify_status signup; }
location = /revoke { phone_verify_revoke signup; }
--- request
GET /page
--- error_code: 200
--- response_body_like: 403 Forbidden



=== TEST 18: case 54: no end, where others may send what they like: a start
--- config
location = /start { phone_verify_start signup; client_max_body_size 0; }
--- raw_request eval
"POST /start HTTP/1.1\r
Host: localhost\r
Connection: close\r
Content-Type: application/json\r
Transfer-Encoding: chunked\r
\r
100001\r
" . 'x' x 100
--- error_code: 413
--- error_log: client intended to send too large chunked body
