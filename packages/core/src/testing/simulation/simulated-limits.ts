import type { EngineLimits } from "../../options.ts";

/** Small, so that runs reach them. */
export const SIMULATED_LIMITS: Partial<EngineLimits> = {
  windowFramesMax: 8,
  outboxFramesMax: 24,
  outboxBytesMax: 65_536,
  socketBytesMax: 8_192,
  recentEventsPerConversationMax: 16,
  heldEventsMax: 64,
  subscribingEventsMax: 64,
  headsAgainMax: 16,
  repairEventsMax: 200,
  // Room for these is taken when an engine begins.
  rememberedMax: 64,
  answeredSendsMax: 512,
  heardEnvelopesMax: 512,
  recentBytesMax: 1_048_576,
  sharedPagesBytesMax: 16_384,
};
