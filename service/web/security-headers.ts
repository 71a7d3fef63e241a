/** Headers that keep browsers from doing more with our answers than show them. */
import helmet from "helmet";

/** Nothing is loaded but our own style and icon; no script at all. */
export const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { "default-src": ["'none'"], "style-src": ["'self'"], "img-src": ["'self'"], "base-uri": ["'none'"], "form-action": ["'none'"], "frame-ancestors": ["'none'"] },
  },
  xFrameOptions: { action: "deny" },
  // The collector speaks plain HTTP, mostly on loopback or behind a proxy that ends TLS and sets this header itself.
  strictTransportSecurity: false,
});
