import type { CrashPoint } from "./fault.ts";

/** The death that a gateway is to die at its next call of a port, if one is planned. */
export class PlannedCrash {
  #point: CrashPoint | null = null;
  #die: (() => void) | null = null;

  /** `die`: called at that point. An earlier plan is forgotten. */
  plan(point: CrashPoint, die: () => void): void {
    this.#point = point;
    this.#die = die;
  }

  forget(): void {
    this.#point = null;
    this.#die = null;
  }

  /** Whether it dies here. */
  at(point: CrashPoint): boolean {
    if (point !== this.#point) return false;
    const die = this.#die;
    this.forget();
    die?.();
    return true;
  }
}
