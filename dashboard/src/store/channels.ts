/** What the channels of notification are called. A name is of the configuration; people read the label. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Channels, ChannelView } from "../api.gen";
import { get } from "../client";
import { may } from "./session";

const labels = signal<ReadonlyMap<string, string>>(new Map());

export function keepChannels(items: readonly ChannelView[]): void {
  labels.value = new Map(items.map((one) => [one.name, one.label]));
}

/** Its label; the name itself while the labels are not here, and of a channel that is configured no more. */
export const channelName = (name: string): string => labels.value.get(name) ?? name;

/** Fetch the labels once, for a screen that names channels. */
export function useChannelNames(): void {
  useEffect(() => {
    if (labels.peek().size > 0 || !may("notified")) return;
    get<Channels>("/channels").then(
      (channels) => keepChannels(channels.items),
      () => undefined, // The names stand in; the next screen asks again.
    );
  }, []);
}
