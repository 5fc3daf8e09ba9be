/** The list of keys, with the switch that turns single keys off. */
import { t } from "../i18n";
import { singleKeys } from "../preferences";
import { Dialog } from "../ui/dialog";

export function KeyHelp({ close }: { close: () => void }) {
  const m = t();
  return (
    <Dialog title={m.keys.title} close={close}>
      <table class="keys">
        <tbody>
          {m.keys.rows.map(([keys, what]) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{keys}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="check">
        <input
          type="checkbox"
          checked={singleKeys.value === "on"}
          onChange={(event) => (singleKeys.value = event.currentTarget.checked ? "on" : "off")}
        />
        {m.keys.toggle}
      </label>
      <p class="dim small">{m.keys.hint}</p>
    </Dialog>
  );
}
