# Geo::Coder::Googlev3 (Debian: libgeo-coder-googlev3-perl), through its user agent's proxy setting.
use strict;
use warnings;
use utf8;

unless (eval { require Geo::Coder::Googlev3; 1 }) {
    print "skipped: libgeo-coder-googlev3-perl is not installed\n";
    exit 77;
}
my $ua = LWP::UserAgent->new;
$ua->proxy('http', "http://$ENV{WAYPOST_ADDRESS}/");
my $geocoder = Geo::Coder::Googlev3->new(ua => $ua, language => 'de', region => 'es', sensor => 'false',
    bounds => [{lat => 35, lng => -10}, {lat => 44, lng => 5}]);
my $result = $geocoder->geocode(location => 'Toledo');
die "Toledo: " . $result->{formatted_address} unless $result->{formatted_address} eq 'Toledo, Spanien';
die "its latitude" unless abs($result->{geometry}{location}{lat} - 39.8581) < 0.01;
my @many = $geocoder->geocode(location => 'Springfield, USA');
die "several results" unless @many > 1;
die "nothing" if defined scalar $geocoder->geocode(location => 'qqqqqqqq');
my $munich = Geo::Coder::Googlev3->new(ua => $ua)->geocode(location => 'München');
die "München" unless $munich->{formatted_address} eq 'Munich, Germany';
print "Geo::Coder::Googlev3 works\n";
