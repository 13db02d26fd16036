// node main.mjs serve PORT | work        The queue is on the Redis of $REDIS_PORT.
import { Queue, Worker } from 'bullmq';
import Fastify from 'fastify';

const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null };
const [role, port] = process.argv.slice(2);

if (role === 'work') {
  const worker = new Worker('jobs', async (job) => job.data, { connection, concurrency: 50 });
  await worker.waitUntilReady();
} else {
  const queue = new Queue('jobs', { connection });
  const app = Fastify({ logger: false });
  const body = { type: 'object', required: ['type'], properties: { type: { type: 'string' }, payload: { type: 'object' } } };
  app.post('/v1/jobs', { schema: { body } }, async (request, reply) => {
    const job = await queue.add(request.body.type, request.body.payload ?? {});
    reply.code(202);
    return { id: String(job.id) };
  });
  app.get('/v1/stats', async () => {
    const counts = await queue.getJobCounts('wait', 'active', 'completed');
    return { jobs: { by_state: { queued: counts.wait, running: counts.active, succeeded: counts.completed } } };
  });
  await app.listen({ port: Number(port), host: '127.0.0.1' });
}
