import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import type { Column } from "../../src/context.ts";
import { plainText } from "../../src/terminal/styles.ts";
import { alignedTable, cutText } from "../../src/terminal/table.ts";
import { green } from "../../src/text.ts";
import { terminalInMemory } from "./streams.ts";

interface Row {
  readonly name: string;
  readonly age: string;
}
const columns: Column<Row>[] = [
  { header: "NAME", cell: (row) => row.name, plain: (row) => `plain ${row.name}` },
  { header: "AGE", cell: (row) => green(row.age), align: "right" },
];

const laidOut = (...table: Parameters<typeof alignedTable<Row>>) => [...alignedTable(...table)];

describe("a table on a terminal", () => {
  it("aligns its columns under a bold header", () => {
    const table = laidOut(
      columns,
      [
        { name: "approve", age: "2m" },
        { name: "ship", age: "12m" },
      ],
      80,
    );
    expect(table.map(plainText)).toEqual(["NAME     AGE", "approve   2m", "ship     12m"]);
    expect(JSON.stringify(table[0])).toContain('"style":"bold"');
  });

  it("counts wide characters as two cells and combining marks as none", () => {
    const table = laidOut(
      columns,
      [
        { name: "漢字", age: "1" },
        { name: "e\u0301e\u0301", age: "1" },
      ],
      80,
    );
    expect(table.map((line) => stringWidth(plainText(line)))).toEqual([9, 9, 9]);
  });

  it("shortens the widest column to the terminal's width", () => {
    const table = laidOut(columns, [{ name: "a very long name indeed", age: "2m" }], 15).map(plainText);
    expect(table).toEqual(["NAME        AGE", "a very lo…   2m"]);
  });

  it("keeps a column whole that people copy, even on a narrower terminal", () => {
    const whole: Column<Row>[] = [
      { header: "ARN", cell: (row) => row.name, whole: true },
      { header: "ABOUT", cell: (row) => row.age },
    ];
    const rows = [{ name: "arn:aws:states", age: "a long story" }];
    expect(laidOut(whole, rows, 24).map(plainText)).toEqual(["ARN             ABOUT", "arn:aws:states  a long …"]);
    expect(laidOut(whole, rows, 10).map(plainText)).toEqual(["ARN             ABO…", "arn:aws:states  a l…"]);
  });

  it("never cuts a wide character in half", () => {
    expect(plainText(cutText("漢字漢字", 6))).toBe("漢字…");
    expect(stringWidth(plainText(cutText("漢字漢字", 4)))).toBe(3);
    expect(plainText(cutText(["ab", green("cd"), "ef"], 4))).toBe("abc…");
  });

  it("shows a control character before it measures", () => {
    const table = laidOut(columns, [{ name: "\x1b[2J", age: "1" }], 80).map(plainText);
    expect(table).toEqual(["NAME     AGE", "\\x1b[2J    1"]);
  });

  it("hides a secret before it cuts", () => {
    const { terminal } = terminalInMemory({}, { stdoutTty: true, columns: 14 });
    terminal.hide("sesame-open-the-door");
    const lines = [...terminal.table(columns, [{ name: "sesame-open-the-door", age: "1" }])].map(plainText);
    expect(lines[1]).toBe("<task to…    1");
  });
});

describe("a table in a pipe", () => {
  it("is tab-separated, without a header, with the plain cells", async () => {
    const { terminal, stdout } = terminalInMemory();
    await terminal.result(null, () =>
      terminal.table(columns, [
        { name: "a\tb\nc", age: "2m" },
        { name: "d", age: "" },
      ]),
    );
    expect(stdout()).toBe("plain a\\tb\\nc\t2m\nplain d\t\n");
  });
});
