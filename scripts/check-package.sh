#!/usr/bin/env bash
# Packs the package, installs the tarball into an empty folder, and does the main job with it.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
export PATH="$root/node_modules/.bin:$PATH"
limit_bytes=1500000

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir "$work/pack" "$work/install"

fail() {
  echo "check-package: $*" >&2
  exit 1
}

# The value at a dotted path of the JSON on standard input.
field() {
  node -e '
    const value = process.argv[1].split(".").reduce((at, key) => at?.[key], JSON.parse(require("node:fs").readFileSync(0, "utf8")));
    if (value === undefined) throw new Error(`no ${process.argv[1]} in the JSON`);
    console.log(String(value));
  ' "$1"
}

cd "$root"
npm run --silent build
[ -s dist/THIRD-PARTY-LICENSES.txt ] || fail "dist/THIRD-PARTY-LICENSES.txt is missing"
npm pack --silent --pack-destination "$work/pack" >/dev/null
tarball="$(echo "$work"/pack/*.tgz)"
size="$(wc -c <"$tarball")"
echo "packed: $size bytes (limit $limit_bytes)"
[ "$size" -le "$limit_bytes" ] || fail "the packed package is larger than $limit_bytes bytes"

cd "$work/install"
echo '{ "private": true }' >package.json
# Offline: a package that needs another one fails here.
npm install --silent --offline --ignore-scripts --no-audit --no-fund "$tarball"
count="$(node -p 'Object.keys(require("./package-lock.json").packages).filter((path) => path !== "").length')"
echo "installed: $count package(s)"
[ "$count" -eq 1 ] || fail "installing it brought $count packages"

run() { npx --no-install sfn-callback "$@"; }

version="$(run --version)"
echo "version: $version"
[ "$version" = "$(field version <"$root/package.json")" ] || fail "--version says $version"
help="$(run --help)"
[[ "$help" == *succeed* ]] || fail "--help does not name succeed"

export XDG_STATE_HOME="$work/state"
unset SFN_CALLBACK_TOKEN SFN_CALLBACK_LOCAL_FILE SFN_CALLBACK_READ_ONLY AWS_ENDPOINT_URL AWS_ENDPOINT_URL_SFN AWS_PROFILE
run deploy-example --yes --local-file f.db
run start approval --input '{"order":17}' --local-file f.db
id="$(run pending --json --local-file f.db | field tasks.0.id)"
echo "waiting: $id"
for expected in applied same; do
  outcome="$(run succeed "$id" --output '{"approved":true}' --json --local-file f.db | field outcome)"
  echo "succeed: $outcome"
  [ "$outcome" = "$expected" ] || fail "succeed said $outcome instead of $expected"
done

# The embedded Step Functions as a module, with its types.
cat >consumer.mts <<'END'
import { createLocal, type Imported, type LocalOptions } from "sfn-callback/local";

const imported: Imported[] = [];
const options: LocalOptions = { clock: () => new Date(0), quotas: "aws", onImport: (each) => imported.push(each) };
const local = await createLocal(options);
const { endpoint, region }: { endpoint: string; region: string } = local.clientConfig;
const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.ListStateMachines" };
const response = await fetch(endpoint, { method: "POST", headers, body: "{}" });
console.log(response.status, await response.text(), region, local.now().toISOString());
await local.close();
END
tsc --strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --module nodenext --target es2023 --lib es2023,dom --types "" --skipLibCheck false consumer.mts
served="$(node consumer.mjs)"
echo "sfn-callback/local: $served"
[ "$served" = '200 {"stateMachines":[]} us-east-1 1970-01-01T00:00:00.000Z' ] || fail "sfn-callback/local said $served"

# The same round under the oldest Node that is supported.
oldest=22.13.0
mkdir "$work/oldest"
echo '{ "private": true, "allowScripts": { "node": true } }' >"$work/oldest/package.json"
npm install --silent --no-audit --no-fund --prefix "$work/oldest" "node@$oldest"
export PATH="$work/oldest/node_modules/.bin:$PATH"
[ "$(node --version)" = "v$oldest" ] || fail "the oldest Node is $(node --version) instead of v$oldest"
old() { node node_modules/sfn-callback/bin/sfn-callback.js "$@"; }
[ "$(old --version)" = "$version" ] || fail "--version differs under Node $oldest"
old deploy-example --yes --local-file old.db
old start approval --local-file old.db
outcome="$(old succeed "$(old pending --local-file old.db --query 'tasks[0].id' --raw)" --output '{"approved":true}' --local-file old.db --query outcome --raw)"
echo "under Node $oldest: $outcome"
[ "$outcome" = applied ] || fail "under Node $oldest succeed said $outcome"
[ "$(node consumer.mjs 2>/dev/null)" = "$served" ] || fail "sfn-callback/local differs under Node $oldest"
