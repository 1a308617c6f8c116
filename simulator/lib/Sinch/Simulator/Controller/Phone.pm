package Sinch::Simulator::Controller::Phone;
use Mojo::Base 'Mojolicious::Controller', -signatures;

use Mojo::IOLoop;
use POSIX qw(strftime);
use Sinch::Simulator::Number ();

# The simulated phones, one for each number: what reached them, newest first.

my $SHOWN     = 500;
my $PER_PHONE = 20;

my $POLICY = q{default-src 'none'; style-src 'self'; script-src 'self'; }
    . q{connect-src 'self'; img-src data:; form-action 'self'; }
    . q{base-uri 'none'; }
    . q{frame-ancestors 'none'};

sub show ($self) {
    my $number = $self->req->query_params->param('number');
    $number =~ s/\A /+/ if defined $number;

    my %filter = defined $number && length $number ? (number => $number) : ();
    my $found  = $self->app->outbox->find(%filter, limit => $SHOWN);
    my (@phones, %phone);
    for my $message (reverse @{$found->{items}}) {
        my $of = $message->{number};
        push @phones, $phone{$of} = {
            number   => $of,
            country  => Sinch::Simulator::Number::country($of),
            messages => [],
        } unless $phone{$of};
        push @{$phone{$of}{messages}}, $self->_shown($message)
            if @{$phone{$of}{messages}} < $PER_PHONE;
    }

    $self->res->headers->content_security_policy($POLICY)
        ->cache_control('no-store');
    $self->render('phone/show', phones => \@phones, only => $number);
}

# Tells the page that there is something new.
sub changes ($self) {
    $self->res->headers->content_type('text/event-stream')
        ->cache_control('no-store');
    $self->write("retry: 2000\n\n");

    # several changes at once are one for whoever looks
    my $engine = $self->app->engine;
    my $timer;
    my $listener = $engine->on(changed => sub ($engine, $verification) {
        $timer //= Mojo::IOLoop->timer(0.05 => sub {
            undef $timer;
            $self->write("data: changed\n\n");
        });
    });
    $self->on(finish => sub ($c) {
        $engine->unsubscribe(changed => $listener);
        Mojo::IOLoop->remove($timer) if $timer;
    });
}

# Does what a phone does with a seamless verification's target.
sub open_target ($self) {
    my $verification = $self->app->store->by_id($self->param('id'));
    $self->app->engine->open_target($verification)
        if $verification && $verification->target;
    $self->redirect_to('/phone');
}

sub _shown ($self, $message) {
    my $verification = $self->app->store->by_id($message->{id});
    return {
        %$message,
        status => $verification ? $verification->status       : undef,
        reason => $verification ? $verification->reason // '' : '',
        clock  => strftime('%H:%M:%S', localtime $message->{time}),
    };
}

1;
