package Sinch::Simulator::Program;
use Mojo::Base -base, -signatures;

use Getopt::Long qw(GetOptionsFromArray :config posix_default gnu_compat);
use IO::Handle ();
use Mojo::File qw(path);
use Mojo::IOLoop;
use Mojo::Server::Daemon;
use Mojo::URL;
use POSIX qw(strftime);
use Sinch::Simulator ();

# The command line, and the life of the program.

# The example credentials of Sinch's own documentation.
my $EXAMPLE_APP
    = '669E367E-6BBA-48AB-AF15-266871C28135:BeIukql3pTKJ8RGL5zo0DA==';

my $HELP = <<"END";
Usage: sinch-simulator [OPTION]...

A stand-in for Sinch's Verification API. Listens on http://127.0.0.1:8081 unless
told otherwise. The simulated phone is the page /phone.

Where
  --http ADDR:PORT         listen for http (repeatable); port 0 takes a free one
  --https ADDR:PORT        listen for https (repeatable)
  --cert FILE              certificate for https, PEM (default: a built-in one
                           for localhost that nobody trusts)
  --cert-key FILE          its key, PEM
  --idle-timeout SECONDS   close an idle kept-alive connection (default 60)

Who
  --app KEY:SECRET         an application, the secret in base64 (repeatable);
                           KEY:\@FILE reads the secret from a file. Default:
                           $EXAMPLE_APP
  --auth LEVEL             least authentication: signed (default), basic, any
  --skew SECONDS           how old or new a timestamp may be (default 300)

What
  --code-length N          length of codes, 1 to 10 (default 4)
  --expiry SECONDS         life of a verification (default 300)
  --attempts N             wrong codes that end a verification (default 0:
                           any number of them is tolerated)
  --prices CURRENCY|none   prices in answers and events (default EUR)
  --keep N                 how many verifications, messages, requests and events
                           are remembered (default 10000)

Callbacks
  --callback URL           where events go, http or https
  --callback-ca FILE       CA certificates to check it with, PEM
  --callback-insecure      do not check it
  --callback-timeout SECONDS
                           how long an answer may take (default 5)
  --event-delay MS         how long after its cause an event is sent (default
                           50); the request event is sent at once
  --event-per-report       a result event for each report, not only for the last

Other
  --log FILE               write what happens to a file instead of stderr
  --quiet                  write nothing of it
  --pid FILE               write the process id there
  --exit-with-parent       end when the process that started it has ended
  --version, --help

When it is ready it prints one line on stdout:
  sinch-simulator: listening on http://127.0.0.1:8081 https://127.0.0.1:8443
END

sub main ($self, @arguments) {
    my %option = $self->_parse(@arguments) or return 2;
    return 0 if $option{done};

    my $simulator = eval {
        Sinch::Simulator->new(settings => $self->_settings(\%option));
    } or return $self->_complain($@);
    eval { $self->_open_log($simulator, \%option); 1 }
        or return $self->_complain($@);
    return $self->_serve($simulator, \%option);
}

sub _parse ($self, @arguments) {
    my %option = (http => [], https => [], app => []);
    local $SIG{__WARN__} = sub ($warning) { $self->_complain($warning) };
    GetOptionsFromArray(\@arguments, \%option,
        'http=s@', 'https=s@', 'cert=s', 'cert-key=s', 'idle-timeout=s',
        'app=s@', 'auth=s', 'skew=i', 'code-length=i', 'expiry=i',
        'attempts=i', 'prices=s', 'keep=i', 'callback=s', 'callback-ca=s',
        'callback-insecure', 'callback-timeout=i', 'event-per-report',
        'event-delay=i',
        'log=s', 'quiet', 'pid=s', 'exit-with-parent', 'version', 'help')
        or return;
    if (@arguments) {
        $self->_complain("unexpected argument $arguments[0]");
        return;
    }

    print $HELP if $option{help};
    say "sinch-simulator $Sinch::Simulator::VERSION"
        if $option{version} && !$option{help};
    $option{done} = $option{help} || $option{version};
    return %option;
}

sub _settings ($self, $option) {
    my %settings = (apps => {});
    for my $app (@{$option->{app}} ? @{$option->{app}} : $EXAMPLE_APP) {
        my ($key, $secret) = $app =~ /\A([^:\s]+):(\S+)\z/
            or die "--app must be KEY:SECRET\n";
        $secret = path($1)->slurp =~ s/\s+//gr
            if $secret =~ /\A\@(.+)\z/;
        $secret =~ m{\A[A-Za-z0-9+/]+=*\z}
            or die "the secret of $key is not base64\n";
        $settings{apps}{$key} = $secret;
    }

    for my $name (qw(auth skew code-length expiry attempts keep callback
        callback-ca callback-insecure callback-timeout event-per-report
        event-delay idle-timeout)) {
        $settings{$name =~ tr/-/_/r} = $option->{$name}
            if defined $option->{$name};
    }
    $settings{prices} = $option->{prices} eq 'none' ? '' : $option->{prices}
        if defined $option->{prices};
    return \%settings;
}

sub _open_log ($self, $simulator, $option) {
    return if $option->{quiet};
    my $handle = \*STDERR;
    if (defined $option->{log}) {
        open $handle, '>>', $option->{log}
            or die "cannot write to $option->{log}: $!\n";
    }
    $handle->autoflush(1);
    binmode $handle, ':encoding(UTF-8)';
    $simulator->log->handle($handle);
    $simulator->note(sub ($line) {
        say $handle strftime('%H:%M:%S ', localtime) . $line;
    });
}

sub _serve ($self, $simulator, $option) {
    my @listen = eval { $self->_listen($option) };
    return $self->_complain($@) if $@;
    my $daemon = Mojo::Server::Daemon->new(
        app                => $simulator,
        silent             => 1,
        listen             => \@listen,
        max_clients        => 100_000,
        max_requests       => 1_000_000_000,
        inactivity_timeout => 0,
        keep_alive_timeout => $simulator->settings->{idle_timeout},
    );
    $simulator->daemon($daemon);
    eval { $daemon->start; 1 } or return $self->_complain($@);

    my @urls = $self->_urls($daemon);
    my ($https) = grep { /\Ahttps/ } @urls;
    $simulator->settings->{seamless}
        = 'https://{host}:' . Mojo::URL->new($https)->port if $https;

    if (defined(my $file = $option->{pid})) {
        open my $handle, '>', $file
            or return $self->_complain("cannot write to $file: $!");
        say $handle $$;
        close $handle;
    }
    $self->_follow(getppid) if $option->{'exit-with-parent'};
    local $SIG{PIPE} = 'IGNORE';
    my $ended = 0;
    local $SIG{INT} = local $SIG{TERM} = sub {
        $ended = 1;
        Mojo::IOLoop->stop;
    };

    # said by the loop itself: who reads it may send a signal at once
    STDOUT->autoflush(1);
    Mojo::IOLoop->next_tick(sub ($loop) {
        return $loop->stop if $ended;
        say 'sinch-simulator: listening on ' . join ' ', @urls;
    });
    Mojo::IOLoop->start;

    unlink $option->{pid} if defined $option->{pid};
    return 0;
}

# A test that was killed leaves nothing behind.
sub _follow ($self, $parent) {
    Mojo::IOLoop->recurring(1 => sub ($loop) {
        $loop->stop if getppid != $parent;
    });
}

sub _listen ($self, $option) {
    my @http = @{$option->{http}};
    push @http, '127.0.0.1:8081' unless @http || @{$option->{https}};
    /:\d{1,5}\z/ or die "$_ is not ADDR:PORT\n" for @http, @{$option->{https}};
    $self->_check_certificate(@$option{qw(cert cert-key)})
        if @{$option->{https}};

    my $https = Mojo::URL->new('https://localhost');
    $https->query(cert => $option->{cert}) if defined $option->{cert};
    $https->query([key => $option->{'cert-key'}])
        if defined $option->{'cert-key'};
    my $query = $https->query->to_string;
    return map({ "http://$_" } @http),
        map({ "https://$_" . (length $query ? "?$query" : '') }
        @{$option->{https}});
}

# A bad certificate would only show in the first handshake.
sub _check_certificate ($self, $cert, $key) {
    die "--cert and --cert-key belong together\n"
        if defined $cert xor defined $key;
    return unless defined $cert;
    require IO::Socket::SSL;
    IO::Socket::SSL::SSL_Context->new(
        SSL_server    => 1,
        SSL_cert_file => $cert,
        SSL_key_file  => $key,
    ) or die "cannot use $cert and $key: "
        . IO::Socket::SSL::errstr() . "\n";
}

# Where it listens, with the ports that were really taken.
sub _urls ($self, $daemon) {
    my @ports = @{$daemon->ports};
    return map {
        my $url = Mojo::URL->new($_)->query('')->port(shift @ports);
        $url->to_string =~ s/\?\z//r;
    } @{$daemon->listen};
}

sub _complain ($self, $message) {
    $message =~ s/ at \S+ line \d+\.?\n.*//s;
    chomp $message;
    print STDERR "sinch-simulator: $message\n";
    return 2;
}

1;
