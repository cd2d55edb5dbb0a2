/** Command lines of `policy`, each with another policy. */
export const policyCommands: readonly (readonly string[])[] = [
  ["lister", "--kms-key", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"],
  ["approver", "--state-machine", "orders", "--state-machine", "arn:aws:states:eu-west-1:123456789012:stateMachine:refunds:7"],
  ["worker"],
  ["worker", "--activity", "by-hand", "--region", "eu-central-1", "--account", "123456789012"],
  ["deployer", "--region", "eu-central-1", "--account", "123456789012"],
  ["deployer", "--permissions-boundary", "arn:aws:iam::123456789012:policy/boundary"],
  ["state-machine"],
];
