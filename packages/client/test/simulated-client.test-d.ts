import type { SimulatedClientFactory } from "@earshot/core/testing";
import { simulatedClient } from "../src/testing/index.ts";

// core knows no client, and is given one: this one has to fit
export const factory: SimulatedClientFactory = simulatedClient;
