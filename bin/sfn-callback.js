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
  require("./launch.js");
}
