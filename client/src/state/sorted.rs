//! A small map in one sorted list. What it holds comes in order nearly always, and each kind of
//! tree would cost a page several KB to load.

/// Values by key, in the order of the keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Sorted<K, V> {
    /// Where `key` is, or would be. Looks at the end first: that is where news go.
    fn place(&self, key: &K) -> Result<usize, usize> {
        match self.0.last() {
            Some((last, _)) if last < key => Err(self.0.len()),
            _ => self.0.binary_search_by(|(other, _)| other.cmp(key)),
        }
    }

    pub fn contains(&self, key: &K) -> bool {
        self.place(key).is_ok()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.place(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.place(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Puts `value` in, and returns the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(at) => self
                .0
                .get_mut(at)
                .map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.place(key).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Lets go of all before `key`.
    pub fn cut_before(&mut self, key: &K) {
        let (Ok(at) | Err(at)) = self.place(key);
        self.0.drain(..at);
    }

    /// Lets go of all but the last `most`; false where there are no more.
    pub fn cut_to(&mut self, most: usize) -> bool {
        let over = self.0.len().saturating_sub(most);
        self.0.drain(..over);
        over > 0
    }

    pub fn first(&self) -> Option<&K> {
        self.0.first().map(|(key, _)| key)
    }

    pub fn last(&self) -> Option<&K> {
        self.0.last().map(|(key, _)| key)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: &[u32]) -> Sorted<u32, u32> {
        let mut sorted = Sorted::default();
        for key in keys {
            assert_eq!(sorted.insert(*key, key * 10), None);
        }
        sorted
    }

    #[test]
    fn keys_put_in_anyhow_come_out_in_order() {
        let sorted = of(&[5, 1, 9, 3]);
        assert!(sorted.iter().is_sorted());
        assert_eq!((sorted.first(), sorted.last()), (Some(&1), Some(&9)));
        assert_eq!((sorted.get(&3), sorted.get(&4)), (Some(&30), None));
    }

    #[test]
    fn a_key_stands_for_one_value() {
        let mut sorted = of(&[1, 2]);
        assert_eq!(sorted.insert(2, 7), Some(20));
        assert_eq!((sorted.remove(&2), sorted.remove(&2)), (Some(7), None));
        assert!(sorted.contains(&1) && !sorted.contains(&2));
    }

    #[test]
    fn a_cut_keeps_the_end() {
        let mut sorted = of(&[1, 3, 5, 7]);
        sorted.cut_before(&4);
        assert_eq!(sorted.first(), Some(&5));
        assert!(sorted.cut_to(1) && !sorted.cut_to(1));
        assert_eq!(sorted.first(), Some(&7));
    }
}
