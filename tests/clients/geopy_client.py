"""geopy's GoogleV3, Photon and Nominatim (Debian: python3-geopy), by host name alone."""
import os
import sys

try:
    from geopy.exc import GeocoderQueryError
    from geopy.geocoders import GoogleV3, Nominatim, Photon
except ImportError:
    print("skipped: python3-geopy is not installed")
    sys.exit(77)

domain = os.environ["WAYPOST_ADDRESS"]


def near(location, latitude, longitude):
    assert location is not None
    assert abs(location.latitude - latitude) < 0.05, location.raw
    assert abs(location.longitude - longitude) < 0.05, location.raw


google = GoogleV3(api_key="any", domain=domain, scheme="http")
found = google.geocode("Toledo, Spain", language="fr", region="us", bounds=[(30, -10), (45, 5)])
near(found, 39.8581, -4.0226)
assert found.address == "Tolède, Espagne", found.address
assert len(google.geocode("Springfield", exactly_one=False)) > 1
near(google.geocode(None, components={"locality": "Toledo", "country": "US"}), 41.6639, -83.5552)
near(google.geocode(place_id=found.raw["place_id"]), 39.8581, -4.0226)
assert google.geocode("qqqqqqqq") is None
assert "Paris" in google.reverse((48.8584, 2.2945)).address
assert google.reverse((0, -30)) is None
try:
    google.geocode(place_id="nonsense")
    raise AssertionError("a place_id that is none must be refused")
except GeocoderQueryError:
    pass

photon = Photon(domain=domain, scheme="http")
near(photon.geocode("Toledo, Spain", language="en", location_bias=(40, -4)), 39.8581, -4.0226)
near(photon.geocode("Toledo", bbox=[(41, -84), (42, -83)]), 41.6639, -83.5552)
assert len(photon.geocode("Springfield", exactly_one=False, limit=4, osm_tag="place")) == 4
assert photon.geocode("qqqqqqqq") is None
assert "Paris" in photon.reverse((48.8584, 2.2945), language="en", limit=1).address

nominatim = Nominatim(domain=domain, scheme="http", user_agent="waypost-test")
found = nominatim.geocode("Toledo, Spain", addressdetails=True, namedetails=True, extratags=True, language="en")
near(found, 39.8581, -4.0226)
assert found.raw["address"]["country_code"] == "es"
assert found.raw["class"] == "place"
near(nominatim.geocode("Toledo", country_codes=["us"]), 41.6639, -83.5552)
near(nominatim.geocode("Toledo", viewbox=[(41, -84), (42, -83)], bounded=True), 41.6639, -83.5552)
near(nominatim.geocode({"city": "Toledo", "country": "Spain"}), 39.8581, -4.0226)
near(nominatim.geocode("Paris", featuretype="city", geometry="geojson"), 48.8534, 2.3488)
assert nominatim.geocode("qqqqqqqq") is None
assert "Paris" in nominatim.reverse((48.8584, 2.2945), zoom=10, language="en").address
assert nominatim.reverse((0, -30)) is None
print("geopy: GoogleV3, Photon and Nominatim work")
