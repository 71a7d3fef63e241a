/**
 * Loaded before mocha: tests run as the ES modules that they are. Where Node can require() a module, mocha requires the test files, tsx makes
 * CommonJS of them and of all that they import, and whatever the service imports later with import() would be there a second time, with
 * classes of its own (`instanceof Fault` would not know its own faults). Mocha goes by this one feature; Node itself goes on as before.
 */
Object.defineProperty(process.features, "require_module", { value: false });
