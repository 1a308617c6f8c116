package Sinch::Simulator::Language;
use Mojo::Base -strict, -signatures;
use utf8;

use Exporter qw(import);

our @EXPORT_OK = qw(choose template speech);

# Language tag, message, and what a voice says.
my @TEXTS = (
    ['en-US', 'Your verification code is {{CODE}}. Verified by Sinch',
        'Your verification code is {{CODE}}'],
    ['sv-SE', 'Din verifieringskod är {{CODE}}.',
        'Din verifieringskod är {{CODE}}'],
    ['de-DE', 'Ihr Bestätigungscode lautet {{CODE}}.',
        'Ihr Bestätigungscode lautet {{CODE}}'],
    ['fr-FR', 'Votre code de vérification est {{CODE}}.',
        'Votre code de vérification est {{CODE}}'],
    ['es-ES', 'Tu código de verificación es {{CODE}}.',
        'Tu código de verificación es {{CODE}}'],
    ['pt-BR', 'Seu código de verificação é {{CODE}}.',
        'Seu código de verificação é {{CODE}}'],
    ['it-IT', 'Il tuo codice di verifica è {{CODE}}.',
        'Il tuo codice di verifica è {{CODE}}'],
    ['pl-PL', 'Twój kod weryfikacyjny to {{CODE}}.',
        'Twój kod weryfikacyjny to {{CODE}}'],
    ['tr-TR', 'Doğrulama kodunuz: {{CODE}}.', 'Doğrulama kodunuz {{CODE}}'],
    ['ar-SA', 'رمز التحقق الخاص بك هو {{CODE}}.',
        'رمز التحقق الخاص بك هو {{CODE}}'],
    ['hi-IN', 'आपका सत्यापन कोड {{CODE}} है।', 'आपका सत्यापन कोड {{CODE}} है'],
    ['ja-JP', '認証コードは {{CODE}} です。', '認証コードは {{CODE}} です'],
);

my (%TEMPLATE, %SPEECH, %BY_PRIMARY);
for my $text (@TEXTS) {
    my ($tag, $template, $speech) = @$text;
    $TEMPLATE{$tag} = $template;
    $SPEECH{$tag}   = $speech;
    $BY_PRIMARY{lc((split /-/, $tag)[0])} = $tag;
}
my %BY_TAG = map { lc $_ => $_ } keys %TEMPLATE;

sub template ($tag) { return $TEMPLATE{$tag} }

sub speech ($tag) { return $SPEECH{$tag} // $SPEECH{'en-US'} }

# The best language that there is for an Accept-Language header's value.
sub choose ($accept) {
    my @wanted;
    for my $range (split /\s*,\s*/, $accept // '') {
        my ($tag, @parameters) = split /\s*;\s*/, $range;
        my ($quality) = map { /\Aq=([01](?:\.\d{0,3})?)\z/ } @parameters;
        $quality //= 1;
        push @wanted, [lc $tag, $quality] if defined $tag && $quality > 0;
    }
    for my $tag (map { $_->[0] } sort { $b->[1] <=> $a->[1] } @wanted) {
        my $found = $BY_TAG{$tag} // $BY_PRIMARY{(split /-/, $tag)[0] // ''};
        return $found if $found;
    }
    return 'en-US';
}

1;
