// Zones of each machine family: skypilot-org/skypilot-catalog catalogs/v8/gcp/vms.csv@006059e0f18acb1341e22a27751e9f80df6ba92f.
// That table has no G4 rows, so the zones of G4 are not known here.

/** 'us-east1-bcd' stands for us-east1-b, us-east1-c and us-east1-d. */
function zones(table: string): string[] {
  return table.trim().split(/\s+/).flatMap((entry) => {
    const dash = entry.lastIndexOf('-');
    return [...entry.slice(dash + 1)].map(letter => `${entry.slice(0, dash)}-${letter}`);
  }).sort();
}

export const T4_ZONES = zones(`
  asia-east1-ac asia-east2-ac asia-northeast1-ac asia-northeast3-bc asia-south1-ab asia-southeast1-abc asia-southeast2-ab
  australia-southeast1-ac europe-central2-bc europe-west1-bcd europe-west2-ab europe-west3-b europe-west4-abc me-west1-bc
  northamerica-northeast1-c southamerica-east1-abc us-central1-abcf us-east1-bcd us-east4-abc us-west1-ab us-west2-bc us-west3-b
  us-west4-ab
`);

export const G2_ZONES = zones(`
  asia-east1-abc asia-northeast1-abc asia-northeast3-ab asia-south1-abc asia-southeast1-abc europe-west1-bc europe-west2-ab
  europe-west3-ab europe-west4-abc europe-west6-bc me-central2-ac northamerica-northeast1-bc northamerica-northeast2-ab
  us-central1-abc us-east1-bcd us-east4-ac us-west1-abc us-west4-ac
`);

export const A2_HIGH_ZONES = zones(`
  asia-northeast1-ac asia-northeast3-ab asia-southeast1-abc europe-west4-ab me-west1-ac us-central1-abcf us-east1-b us-west1-b
  us-west3-b us-west4-b
`);

export const A2_MEGA_ZONES = zones('asia-southeast1-ac europe-west4-ab us-central1-abcf');

export const A2_ULTRA_ZONES = zones('asia-southeast1-c europe-west4-a us-central1-ac us-east4-c us-east5-ab');

/** europe-west8-c has the machines of 1, 2 and 4 GPUs, but not the one of 8. */
export const A3_HIGH_8G_ZONES = zones(`
  asia-east1-c asia-northeast1-b asia-south1-c asia-south2-b asia-southeast1-bc australia-southeast1-c europe-north1-c
  europe-west1-bc europe-west3-c europe-west4-bc europe-west9-c us-central1-abc us-east4-abc us-east5-a us-west1-ab us-west4-a
`);

export const A3_HIGH_ZONES = [...A3_HIGH_8G_ZONES, 'europe-west8-c'].sort();

export const A3_ULTRA_ZONES = zones(`
  asia-south1-b asia-south2-c europe-west1-b europe-west4-a us-central1-b us-east4-b us-east5-a us-south1-b us-west1-c
`);

export const A4_ZONES = zones(`
  asia-northeast1-b asia-southeast1-b europe-north1-b europe-west4-b us-central1-b us-east1-b us-east4-b us-south1-b us-west2-c
  us-west3-bc
`);
