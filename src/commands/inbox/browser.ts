import type { Context } from "../../context.ts";
import { shellWord } from "../connection-flags.ts";

/** Opens a page in the person's browser; false where there is none, as over ssh. What the browser says is not shown. */
export async function openPage({ environment, spawn }: Context, url: string): Promise<boolean> {
  const command = environment["OS"] === "Windows_NT" ? `start "" "${url}"` : openerFor(shellWord(url));
  return (await spawn(command, [], { shell: true })) === 0;
}

function openerFor(url: string): string {
  return `exec >/dev/null 2>&1
if [ "$(uname)" = Darwin ]; then open ${url}
elif [ -n "$BROWSER" ]; then "$BROWSER" ${url}
elif [ -n "$DISPLAY$WAYLAND_DISPLAY$WSL_DISTRO_NAME" ]; then xdg-open ${url}
else exit 1; fi`;
}
