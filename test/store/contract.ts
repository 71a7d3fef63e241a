/** The promises of the Store port, held against any store. */
import { administrationContract } from "./contract-administration.js";
import { definitionContract } from "./contract-definitions.js";
import { changeContract } from "./contract-changes.js";
import { closingContract, reopeningContract } from "./contract-opening.js";
import { progressContract } from "./contract-progress.js";
import { recordContract } from "./contract-records.js";
import { SEALER, type MakePlace, type OpenedStore, type StorePlace } from "./harness.js";

/** The store under test: opened anew, on an empty place, for each test. */
export interface Subject {
  opened: OpenedStore;
  place: StorePlace;
  makePlace: MakePlace;
}

/** `lasting`: whether what is kept is there when the place is opened again. */
export function storeContract(name: string, makePlace: MakePlace, lasting: boolean): void {
  describe(`store contract: ${name}`, () => {
    const subject = { makePlace } as Subject;
    beforeEach(async () => {
      subject.place = await makePlace();
      subject.opened = await subject.place.open(SEALER);
    });
    afterEach(async () => {
      await subject.opened.close();
      await subject.place.dispose();
    });
    describe("definitions", () => definitionContract(subject));
    describe("changes together", () => changeContract(subject));
    describe("progress", () => progressContract(subject));
    describe("records", () => recordContract(subject));
    describe("administration", () => administrationContract(subject));
    describe("opening and closing", () => {
      closingContract(subject);
      if (lasting) reopeningContract(subject);
    });
  });
}
