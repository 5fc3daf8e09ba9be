import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/live.css";
import "./style/coverage.css";
import "./style/school.css";
import "./style/ledger.css";
import "./style/reports.css";
import "./style/past.css";
import "./style/drills.css";
import "./style/evidence.css";
import { render } from "preact";
import { App } from "./app";
import { enter } from "./store/session";

void enter();
render(<App />, document.getElementById("app")!);
