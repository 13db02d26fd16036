// leaflet-control-geocoder's Photon and Nominatim, in a page of another origin: the browser's rules hold too.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(process.env.CLIENT_MODULES + '/');
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('<div id="map"></div>', { url: 'http://maps.example/' });
for (const [name, value] of Object.entries({ window, document: window.document, navigator: window.navigator,
                                             XMLHttpRequest: window.XMLHttpRequest }))
  Object.defineProperty(globalThis, name, { value, configurable: true });
const L = require('leaflet');
window.L = globalThis.L = L;
require('leaflet-control-geocoder');

const base = `http://${process.env.WAYPOST_ADDRESS}/`;
const answered = (geocoder, method, ...what) =>
  new Promise(resolve => geocoder[method](...what, resolve));
const point = L.latLng(48.8584, 2.2945);

const nominatim = L.Control.Geocoder.nominatim({ serviceUrl: base });
const [toledo] = await answered(nominatim, 'geocode', 'Toledo, Spain');
assert.ok(Math.abs(toledo.center.lat - 39.8581) < 0.01 && toledo.bbox.contains(toledo.center));
assert.match(toledo.html, /Toledo/);
const [paris] = await answered(nominatim, 'reverse', point, 256 * 2 ** 12);
assert.match(paris.name, /Paris/);

const photon = L.Control.Geocoder.photon({ serviceUrl: `${base}api/`, reverseUrl: `${base}reverse/` });
const [munich] = await answered(photon, 'suggest', 'Munich');
assert.ok(Math.abs(munich.center.lat - 48.137) < 0.05);
const [found] = await answered(photon, 'reverse', point, 256 * 2 ** 12);
assert.match(found.name, /Paris/);
console.log('leaflet-control-geocoder works with Nominatim and Photon');
process.exit(0);
