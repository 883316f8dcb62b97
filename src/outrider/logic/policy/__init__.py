"""What an agent may do by itself: rules, and what is asked whatever the rules say."""
