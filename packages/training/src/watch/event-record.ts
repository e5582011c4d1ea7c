import crc32c from 'crc-32/crc32c.js';
import protobuf from 'protobufjs';

/** The part of TensorFlow's event.proto and summary.proto that is written here. */
const SCHEMA = `
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what {
      string file_version = 3;
      Summary summary = 5;
      SessionLog session_log = 7;
    }
  }
  message Summary {
    message Value {
      string tag = 1;
      oneof value {
        float simple_value = 2;
        Histogram histo = 5;
      }
    }
    repeated Value value = 1;
  }
  message Histogram {
    double min = 1;
    double max = 2;
    double num = 3;
    double sum = 4;
    double sum_squares = 5;
    repeated double bucket_limit = 6;
    repeated double bucket = 7;
  }
  message SessionLog {
    enum Status { UNSPECIFIED = 0; START = 1; }
    Status status = 1;
  }
`;
const eventType = protobuf.parse(SCHEMA).root.lookupType('Event');

export type SummaryValue = { tag: string } & (
  | { simpleValue: number }
  | {
      histo: {
        min: number;
        max: number;
        num: number;
        sum: number;
        sumSquares: number;
        /** Upper borders. */ bucketLimit: number[];
        bucket: number[];
      };
    }
);

/** What an event of TensorBoard may hold. */
export type EventContent =
  | { fileVersion: string }
  | { summary: { value: SummaryValue[] } }
  | { sessionLog: { status: 1 } };

/**
 * An event as a record of an event file: its length, the length's checksum, the event, its checksum; all numbers little-endian.
 *
 * @param wallTime Seconds since 1970.
 */
export function eventRecord(wallTime: number, step: number, content: EventContent): Uint8Array {
  const data = eventType.encode({ wallTime, step, ...content }).finish();
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

/** CRC-32C as TFRecords hold it: rotated, and with a constant added, as checksums of checksums are weak. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
