import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";
import { Boundary } from "../src/ui/boundary";

function Broken({ sound }: { sound: boolean }) {
  if (!sound) throw new Error("no such field");
  return <p>all is calm</p>;
}

describe("a fault while drawing", () => {
  it("is said instead of leaving what was drawn before", () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const root = document.createElement("div");
    const draw = (sound: boolean) =>
      act(() =>
        render(
          <Boundary>
            <Broken sound={sound} />
          </Boundary>,
          root,
        ),
      );
    void draw(true);
    expect(root.textContent).toContain("all is calm");
    void draw(false);
    expect(root.textContent).not.toContain("all is calm");
    expect(root.querySelector("[role=alert]")?.textContent).toContain("no such field");
    log.mockRestore();
  });
});
