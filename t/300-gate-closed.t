# The gate, closed: who is answered what.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Test;

no_root_location();
run_specs();

__DATA__

=== TEST 1: a program gets 401 and a problem
--- config
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET /secret
--- more_headers
Accept: application/json
--- error_code: 401
--- response_headers
Content-Type: application/problem+json
WWW-Authenticate: PhoneVerify
Cache-Control: no-store
!Location
!Set-Cookie
--- response_body_like: "code":"phone_verification_required"


=== TEST 2: a navigation by Sec-Fetch-Mode is led to the page
--- config
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET /a/b?c=d&e=f%20g
--- more_headers
Sec-Fetch-Mode: navigate
--- error_code: 303
--- response_headers
Location: /verify/?return=/a/b%3Fc=d%26e=f%2520g
Cache-Control: no-store


=== TEST 3: without Sec-Fetch-Mode, by text/html in Accept
--- config
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET /a
--- more_headers
Accept: text/html,application/xhtml+xml
--- error_code: 303
--- response_headers
Location: /verify/?return=/a


=== TEST 4: a script's request is no navigation, whatever it accepts
--- config
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET /a
--- more_headers
Sec-Fetch-Mode: cors
Accept: text/html
--- error_code: 401
--- response_headers
!Location


=== TEST 5: HEAD is as GET, without a body
--- config
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
HEAD /a
--- more_headers
Sec-Fetch-Mode: navigate
--- error_code: 303
--- response_headers
Location: /verify/?return=/a
--- response_body:


=== TEST 6: a POST is never led anywhere, and its body does not stay behind
--- config
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- pipelined_requests eval
["POST /a\nGET /not-a-request", "GET /b"]
--- more_headers
Sec-Fetch-Mode: navigate
--- error_code eval
[401, 303]


=== TEST 7: OPTIONS is gated like everything else
--- config
phone_verify signup;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
OPTIONS /a
--- error_code: 401


=== TEST 8: without a page there is no 303
--- config
phone_verify signup;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET /a
--- more_headers
Sec-Fetch-Mode: navigate
Accept: text/html
--- error_code: 401


=== TEST 9: an error_page for 401 gets the bare 401
--- config
phone_verify signup;
phone_verify_page /verify/;
error_page 401 /sorry;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
location = /sorry { phone_verify off; return 401 "sorry\n"; }
--- request
GET /a
--- more_headers
Accept: text/html
--- error_code: 401
--- response_body
sorry
--- response_headers
!Location


=== TEST 10: an error_page for another status does not
--- config
phone_verify signup;
error_page 404 /sorry;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
location = /sorry { phone_verify off; return 404 "sorry\n"; }
--- request
GET /a
--- error_code: 401
--- response_body_like: phone_verification_required


=== TEST 11: a return path that leads elsewhere is left out
--- config
merge_slashes off;
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET //evil.example/
--- more_headers
Accept: text/html
--- error_code: 303
--- response_headers
Location: /verify/


=== TEST 12: case 30: an absolute-form target keeps to the path of this host
--- config
phone_verify signup;
phone_verify_page /verify/;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- raw_request eval
"GET http://evil.example/x HTTP/1.1\r\nHost: localhost\r\n"
. "Accept: text/html\r\nConnection: close\r\n\r\n"
--- error_code: 303
--- response_headers
Location: /verify/?return=/x


=== TEST 13: the page may come from variables
--- config
phone_verify signup;
set $lang sv;
phone_verify_page /$lang/verify/?a=b;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET /a
--- more_headers
Accept: text/html
--- error_code: 303
--- response_headers
Location: /sv/verify/?a=b&return=/a


=== TEST 14: an empty one is none
--- config
phone_verify signup;
phone_verify_page $arg_page;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request eval
["GET /a?page=/v/", "GET /a"]
--- more_headers
Accept: text/html
--- error_code eval
[303, 401]


=== TEST 15: off ends one that is inherited
--- config
phone_verify signup;
phone_verify_page /verify/;
location / {
    phone_verify_page off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A;
}
--- request
GET /a
--- more_headers
Accept: text/html
--- error_code: 401
--- response_body_like: phone_verification_required


=== TEST 16: ranges and conditions see nothing
--- config
phone_verify signup;
location / { root $TEST_NGINX_SERVROOT/html; }
--- user_files
>>> a.txt
the secret
--- request
GET /a.txt
--- more_headers
Range: bytes=0-3
If-Modified-Since: Fri, 31 Dec 2037 23:59:59 GMT
--- error_code: 401
--- response_body_unlike: secret


=== TEST 17: case 27: a forged header of the verified number does not help
--- config
phone_verify signup;
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT_A; }
--- request
GET /a
--- more_headers
X-Verified-Phone: +46700000000
X-Phone-Verify: AAAA
Cookie: __Host-phone_verify=000000000000000000000000
--- error_code: 401
