import type { HistoryLine } from "../history-line.ts";
import { CHECK_BOUNDS, type CheckBounds } from "./check-bounds.ts";
import { noLoss } from "./i01-no-loss.ts";
import { noPhantom } from "./i02-no-phantom.ts";
import { noIsNo } from "./i03-no-is-no.ts";
import { idempotentSend } from "./i04-idempotent-send.ts";
import { contiguity } from "./i05-contiguity.ts";
import { agreement } from "./i06-agreement.ts";
import { deviceOrder } from "./i07-device-order.ts";
import { convergence } from "./i09-convergence.ts";
import { realTime } from "./i10-real-time.ts";
import { senderOrder } from "./i11-sender-order.ts";
import { noTimeTravel } from "./i12-no-time-travel.ts";
import { readYourWrites } from "./i13-read-your-writes.ts";
import { receipts } from "./i14-receipts.ts";
import { outboxCap } from "./i15-outbox-cap.ts";
import { exactRepair } from "./i16-exact-repair.ts";
import { membership } from "./i17-membership.ts";
import { epochs } from "./i19-epochs.ts";
import { typing } from "./i20-typing.ts";
import { presence } from "./i21-presence.ts";
import { drain } from "./i22-drain.ts";
import { rates } from "./i23-rates.ts";
import { liveness } from "./i24-liveness.ts";
import { noLeak } from "./i25-no-leak.ts";
import { IndexedHistory, type Invariant } from "./indexed-history.ts";
import { Report } from "./report.ts";
import { undecided } from "./undecided.ts";
import type { Verdict } from "./verdict.ts";

const INVARIANTS: readonly Invariant[] = [
  ...[noLoss, noPhantom, noIsNo, idempotentSend, contiguity, agreement, deviceOrder, convergence, realTime],
  ...[senderOrder, noTimeTravel, readYourWrites, receipts, outboxCap, exactRepair, membership, epochs, typing],
  ...[presence, drain, rates, liveness, noLeak, undecided],
];

/**
 * Holds a run's history to the guarantees of docs/guarantees.md: I1–I25. I26 and I27 are these once more, over a run
 * whose bus or clocks failed: `counts` says whether they did. Pure; O(n log n) in the lines.
 */
export function check(lines: readonly HistoryLine[], bounds: Partial<CheckBounds> = {}): Verdict {
  const report = new Report();
  const history = new IndexedHistory(lines, { ...CHECK_BOUNDS, ...bounds }, report);
  for (const invariant of INVARIANTS) invariant(history, report);
  return report.verdict;
}
