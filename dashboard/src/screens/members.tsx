/** The alerts that stand under one: each is still open, counted and a click away. */
import type { Alert, AlertPage } from "../api.gen";
import { when } from "../format";
import { look, t } from "../i18n";
import { now, takeAlert } from "../store/feed";
import { selected } from "../store/selection";
import { schoolName, whatOf } from "../store/words";
import { Trouble, Waiting } from "../ui/parts";
import { useResource } from "../ui/resource";

const SHOWN_MAX = 100;

export function Members({ group }: { group: Alert }) {
  const m = t();
  const path = `/alerts?group=${encodeURIComponent(group.id)}&limit=${SHOWN_MAX}`;
  const resource = useResource<AlertPage>(path, group.ver);
  const page = resource.data;
  const choose = (alert: Alert) => {
    takeAlert(alert); // A screen keeps only so many of the lesser ones.
    selected.value = alert.id;
  };
  return (
    <section class="block">
      <h3>{m.noise.membersTitle(page?.total ?? group.children)}</h3>
      {resource.failure && <Trouble failure={resource.failure} retry={resource.reload} />}
      {!page && !resource.failure && <Waiting />}
      {page && (
        <ul class="members">
          {page.items.map((alert) => (
            <li key={alert.id}>
              <button type="button" onClick={() => choose(alert)}>
                <span>{schoolName(alert)}</span>
                <span class="dim">{whatOf(alert)}</span>
                <span>{look(m.state, alert.state)}</span>
                <time>{when(alert.t, now.peek())}</time>
              </button>
            </li>
          ))}
        </ul>
      )}
      {page && page.total > page.items.length && (
        <p class="dim small">{m.noise.more(page.total - page.items.length)}</p>
      )}
    </section>
  );
}
