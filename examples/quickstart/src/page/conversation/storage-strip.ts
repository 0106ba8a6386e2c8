import type { Live, StorageView } from "@earshot/client";
import { element } from "../ui/element.ts";
import type { View } from "../ui/view.ts";

/** A line that says when this browser keeps nothing: then what waits to be sent lives as long as the tab. */
export function storageStrip(storage: Live<StorageView>): View {
  const strip = element("p", {
    class: "strip",
    text: "This browser cannot store messages. Keep the tab open until everything is sent.",
    attributes: { "data-testid": "storage-strip", role: "status" },
  });
  const show = ({ status }: StorageView): void => {
    strip.hidden = status !== "failed";
  };
  show(storage.current);
  return { element: strip, dispose: storage.subscribe(show) };
}
