/** The main navigation: as many entries as fit beside each other, the rest behind "more". None is ever cut off. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { href } from "../route";
import { Menu } from "../ui/menu";

interface Entry {
  at: string;
  text: string;
}

const GAP_PX = 2; // Widths are rounded, and a line that fits by less would wrap.

/** How many entries of these widths stand in `room`, leaving room for "more" where not all do. Pure. */
export function fitting(widths: readonly number[], more: number, room: number): number {
  const all = widths.reduce((sum, width) => sum + width, 0);
  if (all + GAP_PX <= room) return widths.length;
  let left = room - more - GAP_PX;
  const first = widths.findIndex((width) => (left -= width) < 0);
  return first < 0 ? widths.length : first;
}

export function Nav({ links, here }: { links: Entry[]; here: string }) {
  const m = t();
  const nav = useRef<HTMLElement>(null);
  const ruler = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState(links.length);
  const key = links.map((link) => link.text).join(" ");
  useLayoutEffect(() => {
    const measure = () => {
      const widths = [...(ruler.current?.children ?? [])].map((one) => one.getBoundingClientRect().width);
      const more = widths.pop() ?? 0;
      setShown(fitting(widths, more, nav.current?.clientWidth ?? 0));
    };
    measure();
    const watch = new ResizeObserver(measure); // Also when a font comes late: the ruler is watched as well.
    if (nav.current) watch.observe(nav.current);
    if (ruler.current) watch.observe(ruler.current);
    return () => watch.disconnect();
  }, [key]);
  const rest = links.slice(shown);
  const current = rest.find((item) => item.at === here);
  const widest = rest.reduce((most, item) => (item.text.length > most.length ? item.text : most), m.nav.more);
  return (
    <nav aria-label={m.nav.label} ref={nav}>
      {links.slice(0, shown).map((item) => (
        <a key={item.at} href={href(item.at)} aria-current={here === item.at ? "page" : undefined}>
          {item.text}
        </a>
      ))}
      {rest.length > 0 && (
        <Menu class={`more ${current ? "here" : ""}`} label={m.nav.more} text={`${current?.text ?? m.nav.more} ▾`}>
          {(close) =>
            rest.map((item) => (
              <a
                key={item.at}
                role="menuitem"
                href={href(item.at)}
                aria-current={here === item.at ? "page" : undefined}
                onClick={close}
              >
                {item.text}
              </a>
            ))
          }
        </Menu>
      )}
      <div class="ruler" aria-hidden="true" ref={ruler}>
        {links.map((item) => (
          <span key={item.at}>{item.text}</span>
        ))}
        <span>{widest} ▾</span>
      </div>
    </nav>
  );
}
