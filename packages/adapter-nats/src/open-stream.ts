import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";

/** A stream's name, and how it is made where it is not there. */
export type StreamPlan = Partial<StreamConfig> & { readonly name: string };

/**
 * The stream as it stands, made if it is not there: gateways that start at once make one. One that is there already is
 * taken as it is, so that its limits are the operator's to change.
 */
export async function openStream(streams: JetStreamManager["streams"], plan: StreamPlan): Promise<StreamInfo> {
  for (let attempt = 1; ; attempt++) {
    const standing = await streamOf(streams, plan.name);
    if (standing !== null) return standing;
    try {
      return await streams.add(plan);
    } catch (error) {
      // Another gateway was first; or it cannot be made, which the second attempt says again.
      if (attempt === 2) throw error;
    }
  }
}

/** null: it is not there. */
async function streamOf(streams: JetStreamManager["streams"], name: string): Promise<StreamInfo | null> {
  try {
    return await streams.info(name);
  } catch (error) {
    if (error instanceof Error && error.name === "StreamNotFoundError") return null;
    throw error;
  }
}
