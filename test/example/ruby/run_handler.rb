# Runs the ejected handler, as Lambda does, once for each of the events on standard input.
# Where the gem aws-sdk-states is not installed, a stand-in takes its place, and standard error says so.
require 'json'

begin
  require 'aws-sdk-states'
rescue LoadError
  warn 'stand-in for aws-sdk-states'
  $LOAD_PATH.unshift(File.join(__dir__, 'stand-in'))
end

require File.expand_path(ARGV.fetch(0))
JSON.parse($stdin.read).each { |event| puts JSON.generate(handler(event: event, context: nil)) }
