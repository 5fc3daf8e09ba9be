/** A screen whose code is fetched when somebody opens it; that it could not be fetched is said. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure } from "../client";
import { Trouble, Waiting } from "./parts";

/** Make a screen of one whose code is still to be fetched. Once fetched it is kept, so that coming back shows it at once. */
export function later<P extends object = object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let kept: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [Screen, setScreen] = useState<ComponentType<P> | null>(() => kept);
    const [failed, setFailed] = useState(false);
    const [turn, setTurn] = useState(0);
    useEffect(() => {
      if (kept) return;
      let gone = false;
      setFailed(false);
      load().then(
        (screen) => {
          kept = screen;
          if (!gone) setScreen(() => screen);
        },
        () => !gone && setFailed(true),
      );
      return () => void (gone = true);
    }, [turn]);
    if (failed) return <Trouble failure={new Failure("network")} retry={() => setTurn((n) => n + 1)} />;
    return Screen ? <Screen {...props} /> : <Waiting />;
  };
}
