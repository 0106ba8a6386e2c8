// One process of `npm run simulate`: does what it is sent, one order after the other.
import { runTask, shrinkPlan } from "./run-task.ts";
import type { Answer, Order } from "./seed-result.ts";

const send = (answer: Answer): void => {
  process.send?.(answer);
};

// most errors of a run are meant to be; their stacks cost more than all else of them
Error.stackTraceLimit = 0;

async function take(order: Order): Promise<Answer> {
  if (order.order === "run") return { answer: "ran", result: await runTask(order.task) };
  return { answer: "shrunk", plan: await shrinkPlan(order.plan, order.ids, order.withinMs) };
}

let last: Promise<void> = Promise.resolve();
process.on("message", (order: Order) => {
  last = last.then(async () => send(await take(order)));
});
process.on("disconnect", () => process.exit());
