# Ruby's geocoder (Debian: ruby-geocoder): Google through its HTTP proxy setting, Nominatim by its host.
begin
  require "geocoder"
rescue LoadError
  puts "skipped: ruby-geocoder is not installed"
  exit 77
end

address = ENV.fetch("WAYPOST_ADDRESS")
Geocoder.configure(lookup: :google, use_https: false, http_proxy: address, timeout: 30, language: :en,
                   always_raise: :all, nominatim: { host: address })

def check(what, ok)
  abort "failed: #{what}" unless ok
end

toledo = Geocoder.search("Toledo, Spain").first
check "coordinates", (toledo.latitude - 39.8581).abs < 0.01 && (toledo.longitude + 4.0226).abs < 0.01
check "country", toledo.country_code == "ES" && toledo.city == "Toledo"
check "address", toledo.address == "Toledo, Spain"
check "bounds and region", Geocoder.search("Toledo", bounds: [[41, -84], [42, -83]], region: "us").first.state_code == "OH"
check "components", Geocoder.search("Toledo", components: ["country:ES"]).first.country_code == "ES"
check "place id", Geocoder.search(toledo.place_id, google_place_id: true).first.address == "Toledo, Spain"
check "reverse", Geocoder.search([48.8584, 2.2945], result_type: "locality").first.city == "Paris"
check "nothing", Geocoder.search("qqqqqqqq").empty?
begin
  Geocoder.search("nonsense", google_place_id: true)
  check "a refusal", false
rescue Geocoder::InvalidRequest
end
nominatim = Geocoder.search("Toledo, Spain", lookup: :nominatim, http_proxy: nil).first
check "Nominatim", nominatim.country_code == "es" && (nominatim.latitude - 39.8581).abs < 0.01
check "Nominatim's reverse", Geocoder.search([48.8584, 2.2945], lookup: :nominatim).first.city == "Paris"
puts "Ruby's geocoder works"
