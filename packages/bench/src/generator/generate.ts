// Who drives a server that is measured, as a process of its own: started by running-generator.ts.
import { answerQuestions } from "../machine/answer.ts";
import type { Figures } from "../scenario.ts";
import type { GeneratorTask } from "./task.ts";

async function run(task: GeneratorTask): Promise<Figures> {
  switch (task.job) {
    case "fanout":
      return (await import("./jobs/fanout-job.ts")).runFanout(task);
    case "rooms":
      return (await import("./jobs/rooms-job.ts")).runRooms(task);
    case "idle":
      return (await import("./jobs/idle-job.ts")).runIdle(task);
    case "storm":
      return (await import("./jobs/storm-job.ts")).gather(task);
    case "storm-over":
      return (await import("./jobs/storm-job.ts")).awaitAll();
  }
}

answerQuestions(run);
