package PhoneVerify::Faults;

# Lets the n-th allocation of an nginx fail that "make test-faults" has built;
# see t/faults/alloc.c. To be made before nginx starts.
#
#   my $faults = PhoneVerify::Faults->new;
#   $faults->arm($n);        the n-th allocation from now on, 0: none
#   $faults->hit             whether it was reached
#   $faults->count           allocations since arm()
#   $faults->each($nginx, 'a name', status => 200, request => sub {...}, ...)
#                            all that one request needs, one after the other

use strict;
use warnings;

use PhoneVerify::Env qw(new_dir spew);
use PhoneVerify::Log ();
use Test::More;


sub new {
    my ($class) = @_;

    my $file = new_dir() . '/faults';
    spew($file, pack 'q3', 0, 0, 0);
    $ENV{TEST_NGINX_FAULTS} = $file;

    open my $fh, '+<', $file or die "$file: $!";

    PhoneVerify::Log::expect_log(
        qr/\[emerg\].* (?:malloc|posix_memalign)\([\d, ]+\) failed/);

    return bless { fh => $fh }, $class;
}


sub arm {
    my ($self, $n) = @_;

    # never armed with a count that is not yet its own

    $self->_write(8, 0);
    $self->_write(16, 0);
    $self->_write(0, 0);
    $self->_write(8, $n);
    return;
}


sub count { return $_[0]->_read(0) }

sub hit { return $_[0]->_read(16) }


# A request that is made again and again, each time another allocation fails;
# "or" says which statuses there may be, besides 500, when one has failed. What
# cannot be read for want of memory counts as malformed (400), a token that
# cannot as none (401, 409): the client may try again.

sub each {
    my ($self, $nginx, $name, %a) = @_;

    my ($worker) = $nginx->workers;
    my ($n, $bad, $answers, $again) = (0, 0, 0, 0);

    while (1) {
        $n++;
        die "$name never gets through\n" if $n > 5000;

        my @with = $a{before} ? $a{before}->() : ();

        $self->arm($n);
        my $response = eval { $a{request}->(@with) };
        my ($hit, $count) = ($self->hit, $self->count);
        $self->arm(0);

        # an end of something before was counted while this was being armed

        if (!$hit && $count >= $n && $again++ < 100) {
            $n--;
            next;
        }

        my $status = $response ? $response->status : 0;

        if (!$hit) {
            is($status, $a{status}, "$name: the whole of it");
            last;
        }

        $answers++ if $status;

        if ($status && !grep { $_ == $status } $a{status}, 500,
                       @{$a{or} || []})
        {
            $bad++;
            diag("$name, allocation $n: status $status");
        }

        $a{after}->($status, @with) if $a{after};
    }

    is($bad, 0, "$name: nothing else is answered");

    # where pools are whole, a small request is in two or three of them

    my $least = $ENV{TEST_NGINX_FAULTY} eq 'libraries' ? 3 : 10;
    ok($n > $least, "$name: $n allocations");
    is(join(' ', $nginx->workers), $worker, "$name: the worker lives");

    return;
}


sub _write {
    my ($self, $at, $value) = @_;

    sysseek $self->{fh}, $at, 0 or die "seek: $!";
    syswrite($self->{fh}, pack 'q', $value) == 8 or die "write: $!";
    return;
}


sub _read {
    my ($self, $at) = @_;

    sysseek $self->{fh}, $at, 0 or die "seek: $!";
    sysread($self->{fh}, my $value, 8) == 8 or die "read: $!";
    return unpack 'q', $value;
}


1;
