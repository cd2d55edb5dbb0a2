declare module "proxy-from-env" {
  /** The proxy for that URL by the *_PROXY and NO_PROXY variables of the process, or an empty string. */
  export function getProxyForUrl(url: string): string;
}
