import "../style/tokens.css";
import "./phone.css";
import { render } from "preact";
import { Page } from "./page";
import { start } from "./phone";

void start();
render(<Page />, document.getElementById("app")!);
if ("serviceWorker" in navigator && isSecureContext)
  navigator.serviceWorker.register("./guard-sw.js").catch(() => undefined); // Without it the page works, while there is a network.
