import type { ScreenSize } from "../../context/screen.ts";

/** From so many columns on the details are beside the list, below it else. */
const besideFrom = 130;
/** With fewer rows there is room for the list only. */
const belowFrom = 14;
/** Where and what is shown, the columns' names; the notices, the keys. */
const rowsAround = 4;
const fewestListed = 4;

interface Sized {
  readonly size: ScreenSize;
}

interface Listed extends Sized {
  readonly list: { readonly shown: readonly unknown[] };
}

/** Where the details are. */
export function detailsPlace({ size }: Sized): "beside" | "below" | "nowhere" {
  if (size.columns >= besideFrom) return "beside";
  return size.rows >= belowFrom ? "below" : "nowhere";
}

/** How many tasks the list shows at once: where the details are below it, no more than half of the rows, and no more than there are. */
export function listHeight(sized: Listed): number {
  const rows = Math.max(1, sized.size.rows - rowsAround);
  if (detailsPlace(sized) !== "below") return rows;
  return Math.min(Math.max(fewestListed, Math.ceil(rows / 2)), Math.max(fewestListed, sized.list.shown.length));
}

/** How wide the list is. */
export function listWidth(sized: Sized): number {
  return detailsPlace(sized) === "beside" ? Math.floor(sized.size.columns * 0.55) : sized.size.columns;
}

/** How much room there is for the details, beside or below the list, or alone. */
export function detailsRoom(sized: Sized & { readonly mode: string }): { readonly width: number; readonly isBrief: boolean } {
  const isAlone = sized.mode === "details";
  const isBeside = !isAlone && detailsPlace(sized) === "beside";
  return { width: sized.size.columns - (isBeside ? listWidth(sized) + 3 : 2), isBrief: !isAlone && !isBeside };
}

/** How many lines of details are shown where they have the screen to themselves. */
export function detailsHeight({ size }: Sized): number {
  return Math.max(1, size.rows - 3);
}
