// @googlemaps/google-maps-services-js, by `url` and by `baseURL`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// The packages lie in the build folder that the test installed them to.
const require = createRequire(process.env.CLIENT_MODULES + '/');
const { Client, Status } = require('@googlemaps/google-maps-services-js');

const base = `http://${process.env.WAYPOST_ADDRESS}`;
const url = `${base}/maps/api/geocode/json`;
const client = new Client();

const toledo = await client.geocode({ url, params: { address: 'Toledo, Spain', language: 'fr', key: 'any' } });
assert.equal(toledo.status, 200);
assert.equal(toledo.data.status, Status.OK);
assert.equal(toledo.data.results[0].formatted_address, 'Tolède, Espagne');
assert.ok(Math.abs(toledo.data.results[0].geometry.location.lat - 39.8581) < 0.01);

const filtered = await client.geocode({
  url, params: { address: 'Toledo', components: { country: 'US' }, region: 'us', key: 'any',
                 bounds: { southwest: { lat: 41, lng: -84 }, northeast: { lat: 42, lng: -83 } } } });
assert.equal(filtered.data.results[0].formatted_address, 'Toledo, OH, USA');

const reverse = await client.reverseGeocode({
  url, params: { latlng: { lat: 48.8584, lng: 2.2945 }, result_type: ['locality', 'country'], key: 'any' } });
assert.equal(reverse.data.results[0].types[0], 'locality');
assert.equal(reverse.data.plus_code.global_code, '8FW4V75V+9R');

const byId = await client.reverseGeocode({
  url, params: { place_id: toledo.data.results[0].place_id, key: 'any' } });
assert.equal(byId.data.results[0].formatted_address, 'Toledo, Spain');

const nothing = await client.geocode({ url, params: { address: 'qqqqqqqq', key: 'any' } });
assert.equal(nothing.data.status, Status.ZERO_RESULTS);

await assert.rejects(client.geocode({ url, params: { place_id: 'nonsense', key: 'any' } }), error => {
  assert.equal(error.response.status, 400);
  assert.equal(error.response.data.status, Status.INVALID_REQUEST);
  return true;
});

const byBase = await new Client({ config: { baseURL: base } }).geocode({
  url: '/maps/api/geocode/json', params: { address: 'Toledo, Spain', key: 'any' } });
assert.equal(byBase.data.results[0].formatted_address, 'Toledo, Spain');
console.log('@googlemaps/google-maps-services-js works');
