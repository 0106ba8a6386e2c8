import { runMutants as mutate } from "../../packages/core/src/testing/simulation/mutants/run-mutants.ts";

/** Histories in which nothing is wrong. */
const CLEAN = 1_000;

/** Whether the checker sees what is wrong in mutated histories, and nothing in clean ones. */
export function runMutants({ json }: { readonly json: boolean }): boolean {
  const { mutants, caught, clean, falseAlarms, missed, alarmed } = mutate(1, CLEAN);
  for (const name of missed) process.stderr.write(`not caught: ${name}\n`);
  for (const seed of alarmed) process.stderr.write(`false alarm: clean history ${seed}\n`);
  const said = JSON.stringify({ mutants, caught, clean, falseAlarms });
  if (json) process.stdout.write(`${said}\n`);
  else
    process.stderr.write(
      `${caught} of ${mutants} mutants caught; ${falseAlarms} false alarms in ${clean} clean histories\n`,
    );
  return caught === mutants && falseAlarms === 0;
}
