// Stryker's runner gives tests no time limit. A test that hangs because of a mutant shall fail as it would in the suite.
exports.mochaHooks = {
  beforeEach() {
    if (this.currentTest.timeout() === 0) this.currentTest.timeout(5000)
  },
}
