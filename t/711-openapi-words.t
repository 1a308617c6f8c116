#!/usr/bin/perl

# docs/openapi.yaml has each endpoint, with its methods, and each error, as the
# code has them. Whether it is OpenAPI at all, t/712-openapi.t says.

use strict;
use warnings;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PhoneVerify::Env qw(slurp top);

my $top = top();
my $text = slurp("$top/docs/openapi.yaml");

# a block of lines deeper than its name, at so many blanks

sub block {
    my ($where, $depth, $name) = @_;
    my $deeper = ' ' x ($depth + 1);

    my ($block) = $where =~ /^[ ]{$depth}\Q$name\E:\n((?:$deeper.*\n|\n)*)/m
        or die "no $name";
    return $block;
}

sub names {
    my ($where, $depth) = @_;
    return $where =~ /^[ ]{$depth}(\S+):$/mg;
}

sub all { return join ' ', sort @_ }


# endpoints: directive and methods

my $module = slurp("$top/src/ngx_http_phone_verify_module.c");
my @directive = $module =~ /_endpoint\("(phone_verify_\w+)"/g;
my $paths = block($text, 0, 'paths');
my %path;

for my $path (names($paths, 2)) {
    my ($directive) = block($paths, 2, $path) =~ /^ {4}x-directive: (\w+)$/m;
    $path{$directive} = $path;
}

cmp_ok(scalar @directive, '>=', 9, 'the endpoints were found');
is(all(keys %path), all(@directive), 'a path for each');

my %method = (phone_verify_start => 'post', phone_verify_report => 'post put',
              phone_verify_admin => 'get post', map {
                  ("phone_verify_$_->[0]" => $_->[1])
              } [ status => 'get' ], [ revoke => 'post' ],
                [ callback => 'post' ], [ query => 'get' ],
                [ check => 'get' ], [ metrics => 'get' ]);

for my $directive (@directive) {
    is(all(names(block($paths, 2, $path{$directive}), 4)),
       $method{$directive}, "$directive: its methods");
}


# errors: code, status and title; in the list; and some answer has it

my %error;
my $table = slurp("$top/src/verification/error.c");

while ($table =~ /\bE\("(\w+)", (\d+),\s+"([^"]+)"\)/g) {
    $error{$1} = "$2 $3";
}

cmp_ok(scalar keys %error, '>', 15, 'the table of errors was found');

my $components = block($text, 0, 'components');
my $examples = block($components, 2, 'examples');
my %said;

while ($examples =~ /^\ {4}(\w+):\n\ {6}value:\n
                     \ {8}type:\ urn:nginx-phone-verify:(\w+)\n
                     \ {8}title:\ (.*)\n\ {8}status:\ (\d+)\n
                     \ {8}code:\ (\w+)\n/xmg)
{
    $said{$1} = "$4 $3" if $1 eq $2 && $1 eq $5;
}

is_deeply(\%said, \%error, 'the errors, with status and title');

my $problem = block(block($components, 2, 'schemas'), 4, 'Problem');
is(all($problem =~ /^ {12}- (\w+)$/mg), all(keys %error),
   'the codes of a problem');

my $responses = block($components, 2, 'responses');
my %answer;

for my $name (names($responses, 4)) {
    for my $code (block($responses, 4, $name)
                  =~ m{'#/components/examples/(\w+)'}g)
    {
        $answer{$code} = $name;
    }
}

is(all(keys %answer), all(keys %error), 'the codes of the answers');

# where a path refers to an answer, it is at the status of the answer's errors

my %used;

while ($paths =~ m{^ {8}'(\d{3})':\n {10}\$ref: '#/components/responses/(\w+)'}mg)
{
    $used{$2}{$1} = 1;
}

for my $code (sort keys %error) {
    is(all(keys %{$used{$answer{$code}} || {}}), substr($error{$code}, 0, 3),
       "$code: where it is used");
}


# schema: what the endpoints read and write, by name

my %member = (
    Start => [qw(number country method language)],
    Report => [qw(code cli)],
    Action => [qw(action session number)],
    Status => [qw(status reason method number expires_in delivered resend_in
                  attempts_left flashCall seamless)],
);

for my $name (sort keys %member) {
    my $schema = block(block($components, 2, 'schemas'), 4, $name);
    is(all(names(block($schema, 6, 'properties'), 8)), all(@{$member{$name}}),
       "$name: its members");
}

for my $member (@{$member{Start}}, @{$member{Report}}) {
    like(join('', map { slurp($_) } glob "$top/src/endpoints/*.c"),
         qr/\bngx_string\("$member"\)|"$member"/, "$member is one of the code");
}


done_testing;
