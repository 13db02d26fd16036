// What a user of a generated client would write. Compiles only while the description has what it uses.
import createClient from 'openapi-fetch';
import type { components, paths } from './waypost.js';

declare const process: { argv: string[] };

const client = createClient<paths>({
  baseUrl: process.argv[2] ?? '',
  // The types are gone at run time: how lists and tags are written has to be said.
  querySerializer: { array: { style: 'form', explode: false }, object: { style: 'form', explode: true } },
});

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

const found = await client.GET('/v1/geocode', { params: { query: { q: 'Toledo, Spain', limit: 1 } } });
const place: components['schemas']['Feature'] | undefined = found.data?.features[0];
check(place?.properties.country_code === 'ES', 'Toledo is in Spain');

const same = await client.GET('/v1/places/{id}', { params: { path: { id: place.properties.place_id } } });
check(same.data?.properties.name === place.properties.name, 'a place is found by its id');

const job: components['schemas']['NewJob'] = {
  type: 'geocode', payload: { address: 'Paris, France' }, tags: { team: 'maps' },
};
const submitted = await client.POST('/v1/jobs', {
  params: { header: { Prefer: 'wait=20', 'Idempotency-Key': 'typed-1' } }, body: job,
});
check(submitted.data?.state === 'succeeded', 'the job succeeds within 20 s');

const again = await client.POST('/v1/jobs', {
  params: { header: { Prefer: 'wait=20', 'Idempotency-Key': 'typed-1' } }, body: job,
});
check(again.data?.id === submitted.data.id, 'the same key is the same job');

const page = await client.GET('/v1/jobs', {
  params: { query: { state: ['succeeded'], tags: { 'tag.team': 'maps' }, limit: 10 } },
});
check(page.data?.data.some(one => one.id === submitted.data?.id) === true, 'the list has the job');

const refused = await client.POST('/v1/jobs', { body: { ...job, max_attempts: 0 } });
const problem: components['schemas']['Problem'] | undefined = refused.error;
check(problem?.code === 'validation_failed', 'an impossible value is refused');
check(problem.errors?.[0]?.pointer === '/max_attempts', 'with its place');

const missing = await client.GET('/v1/jobs/{id}', { params: { path: { id: 'job_01KAQ5ZS6E8V1X0Y2T3R4W5N7M' } } });
check(missing.response.status === 404 && missing.error?.code === 'not_found', 'an unknown job is 404');

const stats = await client.GET('/v1/stats');
check((stats.data?.jobs.by_state.succeeded ?? 0) >= 1, 'the job is counted');
console.log('a client made by openapi-typescript works');
