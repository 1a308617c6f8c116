package Sinch::Simulator;
use Mojo::Base 'Mojolicious', -signatures;

use Mojo::File qw(curfile);
use Mojo::IOLoop;
use Scalar::Util qw(weaken);
use Sinch::Simulator::Auth      ();
use Sinch::Simulator::Callbacks ();
use Sinch::Simulator::Clock     qw(now);
use Sinch::Simulator::Engine    ();
use Sinch::Simulator::Faults    ();
use Sinch::Simulator::Log       ();
use Sinch::Simulator::Network   ();
use Sinch::Simulator::Settings  ();
use Sinch::Simulator::Store     ();

our $VERSION = '0.1.0';

# A stand-in for Sinch's Verification API. The application is put together here:
# settings, the parts that use them, and the routes.

# Given as a hash, kept as Sinch::Simulator::Settings.
has settings => sub { {} };

# Who is told what happens, line by line, if anybody: a sub.
has 'note';

# What serves the application, if it is the program.
has daemon => undef, weak => 1;

has outbox   => sub ($self) { $self->_new_log(index => 'number') };
has requests => sub ($self) { $self->_new_log };
has events   => sub ($self) { $self->_new_log };
has faults   => sub { Sinch::Simulator::Faults->new };
has auth     => sub ($self) {
    Sinch::Simulator::Auth->new(settings => $self->settings);
};
has store => sub ($self) {
    Sinch::Simulator::Store->new(keep => $self->settings->{keep});
};
has callbacks => sub ($self) {
    Sinch::Simulator::Callbacks->new(
        faults   => $self->faults,
        log      => $self->events,
        settings => $self->settings,
    );
};
has engine => sub ($self) {
    Sinch::Simulator::Engine->new(
        callbacks => $self->callbacks,
        settings  => $self->settings,
        store     => $self->store,
        network   => Sinch::Simulator::Network->new(
            outbox   => $self->outbox,
            settings => $self->settings,
        ),
    );
};

sub startup ($self) {
    $self->settings(Sinch::Simulator::Settings->new($self->settings));

    my $home = curfile->dirname->dirname->dirname;
    $self->renderer->paths(["$home/templates"]);
    $self->static->paths(["$home/public"]);
    $self->mode('production');
    $self->log->level('error');
    $self->max_request_size(1 << 20);
    $self->secrets(['unused: there are no sessions']);

    # the path as it was received, before anything decodes it
    $self->hook(before_dispatch => sub ($c) {
        $c->stash('sim.path' => $c->req->url->path->to_string);
        $c->res->headers->server('sinch-simulator');
    });
    $self->_route_api;
    $self->_route_control;
    $self->_route_phone;
    $self->routes->any('/*rest' => {rest => ''} => sub ($c) {
        $c->render(data => qq({"error":"there is nothing here"}\n),
            format => 'json', status => 404);
    });

    my $engine = $self->engine;
    $engine->on(changed => sub ($engine, $verification) {
        $self->note->($verification->summary) if $self->note;
    });
    Mojo::IOLoop->recurring(0.25 => sub { $engine->sweep });
}

sub _route_api ($self) {
    my $api = $self->routes->any('/verification/v1/verifications')
        ->to(controller => 'API', action => 'handle');
    my @operations = (
        [POST => '/',                           'start'],
        [PUT  => '/id/#id',                     'report_by_id'],
        [PUT  => '/number/#number',             'report_by_number'],
        [GET  => '/id/#id',                     'status_by_id'],
        [GET  => '/reference/#reference',       'status_by_reference'],
        [GET  => '/<method:word>/number/#number', 'status_by_number'],
    );
    $self->routes->add_type(word => qr/[A-Za-z]+/);
    for my $operation (@operations) {
        my ($verb, $path, $work) = @$operation;
        $api->any([$verb] => $path)->to(work => $work);
    }
    $api->any($_)->to(work => 'unknown_method')
        for map { $_->[1] } @operations;
    my $seamless = $self->routes->any('/seamless/<id>')
        ->to(controller => 'API', action => 'handle');
    $seamless->get('/')->to(work => 'seamless_target');
    $seamless->get('/done')->to(work => 'seamless_done');
    $self->routes->any('/verification/*rest', {rest => ''})
        ->to(controller => 'API', action => 'handle', work => 'unknown_path');
}

sub _route_control ($self) {
    my $routes = $self->routes;
    $routes->any([$_->[0]] => '/outbox')
        ->to(controller => 'Control', action => $_->[1], log => 'outbox')
        for ['GET', 'list'], ['DELETE', 'clear'];

    my $control = $routes->any('/_sim')->to(controller => 'Control');
    for my $log (qw(outbox requests events)) {
        $control->get("/$log")->to(action => 'list', log => $log);
        $control->delete("/$log")->to(action => 'clear', log => $log);
    }
    $control->get('/')->to(action => 'index');
    $control->post('/reset')->to(action => 'reset');
    $control->get('/faults')->to(action => 'faults');
    $control->post('/faults')->to(action => 'add_fault');
    $control->delete('/faults')->to(action => 'clear_faults');
    $control->delete('/faults/<id:num>')->to(action => 'remove_fault');
    $control->get('/verifications')->to(action => 'verifications');
    $control->get('/verifications/#id')->to(action => 'verification');
    $control->post('/settle')->to(action => 'settle');
    $control->post('/events')->to(action => 'send_event');
    $control->post('/release')->to(action => 'release');
    $control->get('/settings')->to(action => 'settings');
    $control->patch('/settings')->to(action => 'change_settings');
}

sub _route_phone ($self) {
    my $phone = $self->routes->any('/phone')->to(controller => 'Phone');
    $phone->get('/')->to(action => 'show');
    $phone->get('/changes')->to(action => 'changes');
    $phone->post('/seamless/<id>')->to(action => 'open_target');
    $self->routes->get('/' => sub ($c) { $c->redirect_to('/phone') });
}

# Where a seamless verification's target is to be, undef if nowhere: only https
# will do for it.
sub seamless_base ($self, $c) {
    my $base = $self->settings->{seamless};
    return undef unless $base;
    return $base =~ s/\{host\}/$c->req->url->base->host/er;
}

# Dies with a sentence if a change will not do.
sub change_settings ($self, $changes) {
    my $settings = $self->settings->change($changes);
    $self->daemon->keep_alive_timeout($settings->{idle_timeout})
        if $self->daemon;
}

# Connections are numbered in the order of their first request.
sub _connection ($self, $c) {
    my $id = $c->tx->connection // return {n => 0, requests => 0};
    return $self->{connections}{$id} //= do {
        my $stream = Mojo::IOLoop->stream($id);
        weaken(my $weak = $self);
        $stream->on(close => sub { delete $weak->{connections}{$id} })
            if $stream;
        {n => ++$self->{connection_count}, requests => 0};
    };
}

sub connection_count ($self) { return $self->{connection_count} // 0 }

# A request's record. Auth is the level or the code that it was refused with.
sub record_request ($self, $c, $operation, $auth) {
    my $req        = $c->req;
    my $connection = $self->_connection($c);
    my $headers    = $req->headers;
    return $self->requests->append({
        time      => now(),
        operation => $operation,
        method    => $req->method,
        path      => $c->stash('sim.path'),
        query     => $req->url->query->to_string,
        headers   => {map { lc($_) => $headers->header($_) }
            @{$headers->names}},
        body       => $req->text,
        auth       => $auth,
        fault      => undef,
        connection => $connection->{n},
        request    => ++$connection->{requests},
        reused     => $connection->{requests} > 1 ? \1 : \0,
        tls        => $req->is_secure ? \1 : \0,
        status     => undef,
    });
}

# Completes the record. Status is undef where nothing was answered.
sub answered ($self, $record, $status, $answer) {
    $record->{status}   = $status;
    $record->{duration} = now() - $record->{time};
    $record->{error}    = $answer->{body}{errorCode}
        if ref $answer->{body} eq 'HASH';
    $self->requests->changed;
    $self->note->(sprintf '%s %s %s%s',
        $record->{method}, $record->{path}, $status // '-',
        $record->{fault} ? " fault=$record->{fault}" : '') if $self->note;
}

sub _new_log ($self, %args) {
    return Sinch::Simulator::Log->new(keep => $self->settings->{keep}, %args);
}

1;
