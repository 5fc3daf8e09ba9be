/** Keeps a fault of our own from leaving half an old picture on the screen: what failed to draw says so instead. */
import { Component, type ComponentChildren } from "preact";
import { t } from "../i18n";
import { Button } from "./parts";

export class Boundary extends Component<{ children: ComponentChildren }, { fault: string }> {
  override state = { fault: "" };

  override componentDidCatch(error: unknown): void {
    this.setState({ fault: String(error) || "?" });
    console.error(error);
  }

  override render() {
    if (!this.state.fault) return this.props.children;
    const m = t();
    return (
      <div class="trouble" role="alert">
        <strong>{m.failure.broken}</strong>
        <p>{m.failure.brokenHint}</p>
        <p class="dim small">{this.state.fault}</p>
        <Button look="primary" onClick={() => location.reload()}>
          {m.failure.reload}
        </Button>
      </div>
    );
  }
}
