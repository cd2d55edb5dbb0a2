#!/usr/bin/env node
// ES5 in a CommonJS folder (bin/package.json), so that the oldest Node parses it and says what is wrong.
"use strict";

var version = process.versions.node;
var parts = version.split(".");
var major = Number(parts[0]);
var minor = Number(parts[1]);

if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write("sfn-callback needs Node.js 22.13 or newer; this is " + version + "\n");
  process.exitCode = 1;
} else {
  require("node:module").enableCompileCache();
  silenceSqliteWarning();
  Promise.resolve()
    .then(function () {
      // Not import(), which an old Node cannot parse.
      return require("../dist/main.js").main(process);
    })
    .then(end, fail);
}

function end(exitCode) {
  process.exitCode = exitCode;
}

// The last resort: main tells its own failures. A token has no business in a stack, but an error may quote its input.
function fail(error) {
  var text = String((error && error.stack) || error).replace(/[A-Za-z0-9+/=%]{100,}/g, "<task token>");
  process.stderr.write("sfn-callback failed: " + text + "\n");
  process.exitCode = 1;
}

// Node 22 warns of node:sqlite at its first import; the feature it warns of is the one this tool is tested on. Others still show.
function silenceSqliteWarning() {
  var emitWarning = process.emitWarning;
  process.emitWarning = function (warning) {
    var text = String((warning && warning.message) || warning);
    if (text.indexOf("SQLite is an experimental feature") !== 0) emitWarning.apply(process, arguments);
  };
}
