/** A screen whose code is fetched only when somebody opens it; that it could not be fetched is said. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure } from "../client";
import { Trouble, Waiting } from "./parts";

export function Later({ load }: { load: () => Promise<ComponentType> }) {
  const [held, setHeld] = useState<{ screen: ComponentType } | null>(null);
  const [failed, setFailed] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let gone = false;
    setFailed(false);
    load().then(
      (screen) => !gone && setHeld({ screen }),
      () => !gone && setFailed(true),
    );
    return () => void (gone = true);
  }, [turn]);
  if (failed) return <Trouble failure={new Failure("network")} retry={() => setTurn((n) => n + 1)} />;
  return held ? <held.screen /> : <Waiting />;
}
