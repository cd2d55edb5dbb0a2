# The three calls of Aws::States::Client that the example makes, with its names and arguments, over HTTP and without a signature.
require 'json'
require 'net/http'

module Aws
  module States
    class Client
      def send_task_heartbeat(task_token:)
        call('SendTaskHeartbeat', taskToken: task_token)
      end

      def send_task_success(task_token:, output:)
        call('SendTaskSuccess', taskToken: task_token, output: output)
      end

      def send_task_failure(task_token:, error:, cause:)
        call('SendTaskFailure', taskToken: task_token, error: error, cause: cause)
      end

      private

      def call(operation, body)
        headers = { 'content-type' => 'application/x-amz-json-1.0', 'x-amz-target' => "AWSStepFunctions.#{operation}" }
        reply = Net::HTTP.post(URI("#{ENV.fetch('AWS_ENDPOINT_URL_SFN')}/"), JSON.generate(body), headers)
        raise reply.body unless reply.code == '200'
      end
    end
  end
end
