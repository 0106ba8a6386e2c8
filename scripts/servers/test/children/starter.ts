// Starts the server whose kind stands on the command line, says so on stdout, and stays until it is killed.
import { startNats } from "../../start-nats.ts";
import { startPostgres } from "../../start-postgres.ts";
import { startRedis } from "../../start-redis.ts";

const kinds = { postgres: startPostgres, redis: startRedis, nats: startNats };
const kind = process.argv[2] as keyof typeof kinds;
const { pid, port } = await kinds[kind]();
process.stdout.write(`${JSON.stringify({ pid, port })}\n`);
setInterval(() => {}, 60_000);
