package Sinch::Simulator::Controller::API;
use Mojo::Base 'Mojolicious::Controller', -signatures;

use Mojo::Promise;
use Scalar::Util qw(blessed);
use Sinch::Simulator::Input   qw(read_report read_start);
use Sinch::Simulator::Method  ();
use Sinch::Simulator::Refusal ();
use Sinch::Simulator::Wire    qw(respond);

# The Verification API: every request to it is recorded, meets the faults that
# are due for it, is authenticated, carried out, and answered.

my %WORK = (
    start               => \&_start,
    report_by_id        => \&_report_by_id,
    report_by_number    => \&_report_by_number,
    status_by_id        => \&_status_by_id,
    status_by_number    => \&_status_by_number,
    status_by_reference => \&_status_by_reference,
    seamless_target     => \&_seamless_target,
    seamless_done       => \&_seamless_done,
    unknown_path        => sub ($self, $caller, $fault) { _refuse(40400) },
    unknown_method      => sub ($self, $caller, $fault) { _refuse(40500) },
);

sub handle ($self) {
    $self->render_later;
    my $work      = $self->stash('work');
    my $operation = $work =~ s/_.*//sr;
    my $body      = $self->req->body;
    my $path      = $self->stash('sim.path');

    my $caller  = eval { $self->_caller($operation, $path, $body) };
    my $refusal = $caller ? undef : $@;
    my $record  = $self->app->record_request($self, $operation,
        $caller ? $caller->{level} : $refusal->code);
    my $fault = $self->app->faults->take($operation,
        text => "$path $body", reused => ${$record->{reused}});
    $record->{fault} = $fault->{kind} if $fault;

    my $process = sub (@) {
        return {status => 200, body => {}}
            if $fault && !_is_true($fault->{process});
        die $refusal if $refusal;
        return $WORK{$work}->($self, $caller, $fault);
    };
    my $send = sub ($answer) {
        respond($self, $fault, $answer, sub ($status) {
            $self->app->answered($record, $status, $answer);
        });
    };
    return $self->_with_delay($fault, $process, $send)
        if $fault && $fault->{delay};
    $self->_carry_out($process, $send);
}

# Work returns an answer, or a promise of one, or throws a refusal.
sub _carry_out ($self, $work, $send) {
    my $answer = eval { $work->() } // $self->_answer_error($@);
    return $send->($answer) unless blessed $answer;

    # the transaction must be there until then
    my $tx = $self->tx;
    $answer->catch(sub ($error) { $self->_answer_error($error) })
        ->then(sub ($answer) {
        $send->($answer);
        undef $tx;
    });
}

sub _with_delay ($self, $fault, $work, $send) {
    my $pause = sub ($value) {
        return Mojo::Promise->timer($fault->{delay} / 1000, $value);
    };
    return $self->_carry_out(sub { $pause->(0)->then($work) }, $send)
        if ($fault->{when} // 'before') eq 'before';
    $self->_carry_out(sub { Mojo::Promise->resolve(0)->then($work)
            ->catch(sub ($error) { $self->_answer_error($error) })
            ->then($pause) }, $send);
}

sub _start ($self, $caller, $fault) {
    return $self->app->engine->start(
        read_start($self->req->body),
        app             => $caller->{key},
        level           => $caller->{level},
        accept_language => $self->req->headers->accept_language,
        base            => $self->req->url->base->to_string,
        seamless        => $self->app->seamless_base($self),
        outcome         => _outcome($fault),
    );
}

sub _report_by_id ($self, $caller, $fault) {
    my $input        = read_report($self->req->body);
    my $verification = $self->app->engine->by_id($caller->{key},
        $self->param('id'));
    return $self->_report($verification, $input, $fault);
}

sub _report_by_number ($self, $caller, $fault) {
    my $input        = read_report($self->req->body);
    my $verification = $self->app->engine->by_number($caller->{key},
        $self->param('number'), $input->{method});
    return $self->_report($verification, $input, $fault);
}

sub _report ($self, $verification, $input, $fault) {
    return $self->app->engine->report($verification, $input,
        final   => $fault && $fault->{kind} eq 'final',
        outcome => _outcome($fault),
    );
}

sub _status_by_id ($self, $caller, $fault) {
    return $self->app->engine->by_id($caller->{key}, $self->param('id'))
        ->status_answer;
}

sub _status_by_reference ($self, $caller, $fault) {
    return $self->app->engine->by_reference($caller->{key},
        $self->param('reference'))->status_answer;
}

sub _status_by_number ($self, $caller, $fault) {
    my $method = Sinch::Simulator::Method->named($self->param('method'))
        // _refuse(40400);
    return $self->app->engine->by_number($caller->{key},
        $self->param('number'), $method)->status_answer;
}

# Who calls, or a refusal. A seamless target is opened by a phone.
sub _caller ($self, $operation, $path, $body) {
    my $req = $self->req;
    _refuse(40003, $req->error->{message}) if $req->error;
    return {level => 'public'} if $operation eq 'seamless';

    my $caller = $self->app->auth->check(
        method  => $req->method,
        path    => $path,
        headers => $req->headers,
        body    => $body,
    );
    my $type = $req->headers->content_type // '';
    _refuse(40003, 'The content type must be application/json.')
        if $operation =~ /\A(?:start|report)\z/ && $type
        !~ m{\Aapplication/json\s*(?:;\s*charset="?utf-8"?\s*)?\z}i;
    return $caller;
}

# Mobile networks identify the phone on the way, by redirects.
sub _seamless_target ($self, $caller, $fault) {
    my $verification = $self->_seamless;
    return {
        status  => 302,
        headers => {Location => $verification->target . '/done'},
        body    => '',
    };
}

sub _seamless_done ($self, $caller, $fault) {
    my $verification = $self->app->engine->open_target($self->_seamless);
    return {status => 200, body => {status => $verification->status}};
}

sub _seamless ($self) {
    my $verification = $self->app->store->by_id($self->param('id'));
    return $verification && $verification->target ? $verification
        : _refuse(40400);
}

sub _answer_error ($self, $error) {
    return $error->answer
        if blessed $error && $error->isa('Sinch::Simulator::Refusal');
    $self->app->log->error("$error");
    return eval { _refuse(50000) } || $@->answer;
}

sub _outcome ($fault) {
    return $fault && $fault->{kind} eq 'outcome' ? $fault : undef;
}

sub _is_true ($value) { return ref $value eq 'SCALAR' ? $$value : $value }

sub _refuse (@arguments) { Sinch::Simulator::Refusal->throw(@arguments) }

1;
