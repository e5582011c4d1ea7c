import { expect, test } from 'vitest';
import { createRoom } from './room';

test('there is place for so many questions and so many bytes, and again once some have left', () => {
  const room = createRoom({ questions: 3, bytes: 10 });
  const leave = room.enter(6);
  expect(room.enter(5)).toBeUndefined();
  expect(room.enter(4)).toBeDefined();
  expect(room.enter(0)).toBeDefined();
  expect(room.enter(0)).toBeUndefined();
  expect(room.taken()).toBe(3);
  leave!();
  expect(room.enter(6)).toBeDefined();
});
